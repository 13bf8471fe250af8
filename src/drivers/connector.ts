/**
 * The contract of host connectors, which attach a connected volume to this host; like os-brick's, one class per
 * protocol.
 *
 * `volume.connect()` only calls the backend's driver; `volume.attach()` also calls a connector. `fake-connector.ts` is
 * a model.
 */
import type { Dict } from '../cinder/dict.ts';
import { builtin, hostName, isAllowed } from '../runtime.ts';
import type { MaybePromise } from './volume-driver.ts';

/** The device of an attached volume on this host. It is stored with its connection. */
export interface Device extends Dict {
  /** The path of the device, such as `/dev/sdb`. */
  readonly path: string;
  /** `block` or `file`. */
  readonly type: string;
}

/** The options that a connector is constructed with. */
export interface ConnectorOptions {
  /**
   * Whether to reach the volume over multiple paths: the host's `multipath`, which `attach()` takes from the backend's
   * `use_multipath_for_image_xfer`. A connector without multipath support must throw, not silently use one path.
   */
  readonly use_multipath: boolean;
  /** The command to run privileged commands with: `root_helper` of `setup`, such as `sudo`. */
  readonly root_helper?: string;
}

/** Attaches volumes to this host by one protocol; the counterpart of an os-brick connector, with the same methods. */
export interface HostConnector {
  /** Attaches the volume. `data` is the driver's `data` from `initializeConnection()`. */
  connectVolume(data: Dict): MaybePromise<Device>;
  /** Detaches the volume. `force`: even if data is lost. `ignore_errors`: as far as possible, without throwing. */
  disconnectVolume(
    data: Dict,
    device: Dict | null,
    options: { readonly force: boolean; readonly ignore_errors: boolean },
  ): MaybePromise<void>;
  /** Whether the device at the path can be read. */
  checkValidDevice(path: string | null): MaybePromise<boolean>;
  /** Makes the host pick up the volume's new size, and returns it in bytes; null if unknown. */
  extendVolume?(data: Dict): MaybePromise<number | null>;
}

/** A connector class, as passed to `registerConnector`. */
export type HostConnectorClass = new (options: ConnectorOptions) => HostConnector;

/** The properties of this host that drivers need. Those that this runtime cannot determine are omitted. */
export interface HostConnectorProperties extends Dict {
  /** The host's name, which drivers register on their storage. */
  readonly host: string;
  /** Whether the host wants multiple paths: the backend's `use_multipath_for_image_xfer`. */
  readonly multipath: boolean;
  /** The processor architecture, such as `x86_64`. */
  readonly platform?: string;
  /** The operating system, such as `linux`. */
  readonly os_type?: string;
  /** An address at which other machines reach the host: its first IPv4 address that is not internal. */
  readonly ip?: string;
  /** The iSCSI initiator name of the host. */
  readonly initiator?: string;
}

/** The properties of this host. `multipath`: whether it wants multiple paths. */
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
    // Most hosts have no iSCSI; on those that do, often only root can read the file.
    return undefined;
  }
}
