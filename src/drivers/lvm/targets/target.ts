/** The interface of targets, which export a volume's device to other hosts. */
import type { DriverVolume } from '../../driver-objects.ts';
import type { ConnectionInfo, DriverConnector } from '../../volume-driver.ts';

/** The fields of the volume that describe its export. */
export interface Export {
  readonly provider_location: string;
  /** `CHAP user secret`. */
  readonly provider_auth: string;
}

export interface Target {
  /** The protocol between hosts and the target, as reported in statistics. */
  readonly protocol: string;
  /** Exports the device; an existing export is left unchanged. Null if there is nothing to store. */
  create(volume: DriverVolume, path: string): Promise<Export | null>;
  /** Removes the export. A missing export is not an error. */
  remove(volume: DriverVolume): Promise<void>;
  /** Grants a host access, and returns how it reaches the volume. */
  connect(volume: DriverVolume, path: string, connector: DriverConnector): Promise<ConnectionInfo>;
  /** Revokes the host's access. */
  disconnect(volume: DriverVolume, connector: DriverConnector | null): Promise<void>;
  /** Makes the export pick up the new size of its device. */
  extend(volume: DriverVolume, path: string): Promise<void>;
  /** Throws `InvalidConnectorException` if a host with these properties cannot be granted access. */
  validate(connector: DriverConnector): void;
}
