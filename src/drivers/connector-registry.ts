/** Finds the connector that attaches a volume to this host, by the protocol that its driver uses. */
import { InvalidOption, NotImplemented } from '../errors/index.ts';
import { loaded } from '../loaded.ts';
import { didYouMean } from '../near-name.ts';
import { shown } from '../shown.ts';
import type { ConnectorOptions, HostConnector, HostConnectorClass } from './connector.ts';
import { isClassOf } from './is-class-of.ts';

// A function rather than a table, so that importing the library does no work. Each is loaded on demand.
function builtIn(): Readonly<Record<string, () => Promise<HostConnectorClass>>> {
  return {
    fake: async () => (await loaded(import('./fake-connector.ts'))).FakeConnector,
    iscsi: async () => (await loaded(import('./iscsi/iscsi-connector.ts'))).IscsiConnector,
    local: async () => (await loaded(import('./local-connector.ts'))).LocalConnector,
  };
}

// As with volume drivers, registrations apply to the whole program.
const registered = new Map<string, HostConnectorClass>();

/**
 * Registers a connector for a protocol, the `driver_volume_type` that drivers return (case-insensitive). It takes
 * precedence over a built-in connector and over earlier registrations.
 *
 * @throws InvalidOption when the protocol is not a string or the connector is not a class.
 */
export function registerConnector(protocol: string, connector: HostConnectorClass): void {
  if (typeof protocol !== 'string' || protocol === '') {
    throw new InvalidOption(`A connector is registered for a protocol, such as 'iscsi', not ${shown(protocol)}.`);
  }
  if (!isClassOf(connector, () => true)) {
    throw new InvalidOption(`The connector for ${protocol} must be a class, not ${shown(connector)}.`);
  }
  registered.set(protocol.toLowerCase(), connector);
}

/**
 * Creates a connector for the protocol.
 *
 * @throws NotImplemented for an unknown protocol; the message lists the known ones.
 */
export async function hostConnector(protocol: string | null, options: ConnectorOptions): Promise<HostConnector> {
  const connectors = builtIn();
  const key = String(protocol).toLowerCase();
  const load = Object.hasOwn(connectors, key) ? connectors[key] : undefined;
  const Connector = registered.get(key) ?? (await load?.());
  if (Connector !== undefined) return complete(key, new Connector(options));
  const known = [...new Set([...Object.keys(connectors), ...registered.keys()])].sort();
  throw new NotImplemented(
    `No connector can attach a volume by the protocol ${protocol ?? '(none given)'}.${didYouMean(key, known)} ` +
      `Known protocols: ${known.join(', ')}. Add others with registerConnector(); ` +
      'connect() works without one.',
  );
}

/** Refuses a connector before it is used halfway: in JavaScript no type tells what it lacks. */
function complete(protocol: string, connector: HostConnector): HostConnector {
  const needed = ['connectVolume', 'disconnectVolume', 'checkValidDevice'] as const;
  const missing = needed.find((method) => typeof connector[method] !== 'function');
  if (missing === undefined) return connector;
  throw new NotImplemented(`The connector for ${protocol} does not implement ${missing}().`);
}
