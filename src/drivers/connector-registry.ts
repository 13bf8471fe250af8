/** Finds what attaches a volume to this host, by the protocol that its driver speaks. */
import { InvalidOption, NotImplemented } from '../errors/index.ts';
import { didYouMean } from '../near-name.ts';
import { shown } from '../shown.ts';
import type { ConnectorOptions, HostConnector, HostConnectorClass } from './connector.ts';
import { FakeConnector } from './fake-connector.ts';

// A function and not a table: importing the library is to do no work. Each is loaded when a volume needs it.
function builtIn(): Readonly<Record<string, () => Promise<HostConnectorClass>>> {
  return {
    fake: async () => FakeConnector,
    iscsi: async () => (await import('./iscsi/iscsi-connector.ts')).IscsiConnector,
    local: async () => (await import('./local-connector.ts')).LocalConnector,
  };
}

// As with volume drivers, what a package registers holds for the whole program.
const registered = new Map<string, HostConnectorClass>();

/**
 * Makes a connector known for a protocol: the `driver_volume_type` that drivers answer with, in any case.
 * It goes before a built-in one, and before one that was registered earlier.
 *
 * @throws InvalidOption when the protocol is no text or the connector is no class.
 */
export function registerConnector(protocol: string, connector: HostConnectorClass): void {
  if (typeof protocol !== 'string' || protocol === '') {
    throw new InvalidOption(`A connector is registered for a protocol, such as 'iscsi', not ${shown(protocol)}.`);
  }
  if (typeof connector !== 'function') {
    throw new InvalidOption(`The connector for ${protocol} must be a class, not ${shown(connector)}.`);
  }
  registered.set(protocol.toLowerCase(), connector);
}

/**
 * A connector for the protocol.
 *
 * @throws NotImplemented when there is none; the message lists those that there are.
 */
export async function hostConnector(protocol: string | null, options: ConnectorOptions): Promise<HostConnector> {
  const connectors = builtIn();
  const key = String(protocol).toLowerCase();
  const load = Object.hasOwn(connectors, key) ? connectors[key] : undefined;
  const Connector = registered.get(key) ?? (await load?.());
  if (Connector !== undefined) return new Connector(options);
  const known = [...new Set([...Object.keys(connectors), ...registered.keys()])].sort();
  throw new NotImplemented(
    `Nothing here can attach a volume by the protocol ${protocol ?? '(none given)'}.${didYouMean(key, known)} ` +
      `Known protocols: ${known.join(', ')}. Others are made known with registerConnector(); ` +
      'connect() works without.',
  );
}
