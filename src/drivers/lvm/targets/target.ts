/** What makes the device of a volume one that other hosts can reach. */
import type { DriverVolume } from '../../driver-objects.ts';
import type { ConnectionInfo, DriverConnector } from '../../volume-driver.ts';

/** What is stored of an export, in the volume. */
export interface Export {
  readonly provider_location: string;
  /** `CHAP user secret`. */
  readonly provider_auth: string;
}

export interface Target {
  /** How hosts speak to it, as statistics tell. */
  readonly protocol: string;
  /** Exports the device; one that is exported already stays as it is. Null where there is nothing to remember. */
  create(volume: DriverVolume, path: string): Promise<Export | null>;
  /** Takes the export back; one that is not there is no error. */
  remove(volume: DriverVolume): Promise<void>;
  /** Lets a host in, and says how it gets there. */
  connect(volume: DriverVolume, path: string, connector: DriverConnector): Promise<ConnectionInfo>;
  /** Lets the host out again. */
  disconnect(volume: DriverVolume, connector: DriverConnector | null): Promise<void>;
  /** Makes an export show the new size of its device. */
  extend(volume: DriverVolume, path: string): Promise<void>;
  /** Throws `InvalidConnectorException` when a host with these properties cannot be let in. */
  validate(connector: DriverConnector): void;
}
