/**
 * What attaches a connected volume to this host, in the spirit of os-brick: one class a protocol.
 *
 * `volume.connect()` asks the driver of the backend; `volume.attach()` asks one of these in addition.
 * Imitate `fake-connector.ts`.
 */
import type { Dict } from '../cinder/dict.ts';
import { builtin, hostName, isAllowed } from '../runtime.ts';
import type { MaybePromise } from './volume-driver.ts';

/** An attached volume on this host. It is stored with its connection. */
export interface Device extends Dict {
  /** Where it is, such as `/dev/sdb`. */
  readonly path: string;
  /** `block` or `file`. */
  readonly type: string;
}

/** What a connector is constructed with: what `attach()` knows of the host and the connection. */
export interface ConnectorOptions {
  /**
   * Whether the volume is to be reached by several paths: `multipath` of the host, which `attach()` takes from
   * `use_multipath_for_image_xfer` of the backend. A connector that cannot throws, and never takes one path in silence.
   */
  readonly use_multipath: boolean;
  /** How privileged commands are run: `root_helper` of `setup`, such as `sudo`. */
  readonly root_helper?: string;
}

/** Attaches volumes to this host by one protocol; the counterpart of a connector of os-brick, and its methods. */
export interface HostConnector {
  /** Attaches the volume. `data` is what the driver said in `connection_info`. */
  connectVolume(data: Dict): MaybePromise<Device>;
  /** Detaches it. `force`: even if data is lost. `ignore_errors`: as far as it goes, without throwing. */
  disconnectVolume(
    data: Dict,
    device: Dict | null,
    options: { readonly force: boolean; readonly ignore_errors: boolean },
  ): MaybePromise<void>;
  /** Whether something can be read at the path. */
  checkValidDevice(path: string | null): MaybePromise<boolean>;
  /** Makes the host see that the volume has grown; gives its size in bytes. */
  extendVolume?(data: Dict): MaybePromise<number | null>;
}

/** A class of connectors, as `registerConnector` takes it. */
export type HostConnectorClass = new (options: ConnectorOptions) => HostConnector;

/** The properties of this host that drivers ask for. What this runtime cannot tell is left out. */
export interface HostConnectorProperties extends Dict {
  /** The host's name, as drivers register it on their storage. */
  readonly host: string;
  /** Whether the host wants several paths: `use_multipath_for_image_xfer` of the backend. */
  readonly multipath: boolean;
  /** The processor, such as `x86_64`. */
  readonly platform?: string;
  /** The system, such as `linux`. */
  readonly os_type?: string;
  /** An address at which other machines reach the host: the first of IPv4 that is not its own alone. */
  readonly ip?: string;
  /** The host's name in iSCSI. */
  readonly initiator?: string;
}

/** The properties of this host. `multipath`: whether it is to be offered several paths. */
export function hostConnectorProperties(multipath = false): HostConnectorProperties {
  const os = builtin('node:os');
  const ip = firstAddress();
  const initiator = iscsiInitiator();
  return {
    ...(os !== undefined && isAllowed({ name: 'sys', kind: 'osRelease' }) && { platform: os.machine() }),
    ...(os !== undefined && { os_type: os.platform() }),
    ...(ip === undefined ? {} : { ip }),
    host: hostName(),
    multipath,
    ...(initiator === undefined ? {} : { initiator }),
  };
}

/** An address that other machines can reach. */
function firstAddress(): string | undefined {
  if (!isAllowed({ name: 'sys', kind: 'networkInterfaces' })) return undefined;
  const interfaces = Object.values(builtin('node:os')?.networkInterfaces() ?? {});
  return interfaces.flatMap((addresses) => addresses ?? []).find(isReachable)?.address;
}

function isReachable({ family, internal }: { readonly family: string; readonly internal: boolean }): boolean {
  return family === 'IPv4' && !internal;
}

function iscsiInitiator(): string | undefined {
  const path = '/etc/iscsi/initiatorname.iscsi';
  if (!isAllowed({ name: 'read', path })) return undefined;
  try {
    const file = builtin('node:fs')?.readFileSync(path, 'utf8');
    return file?.match(/^InitiatorName=(?<name>.+)$/m)?.groups?.['name']?.trim();
  } catch {
    // Most hosts have no iSCSI, and on those that do the file is often root's alone.
    return undefined;
  }
}
