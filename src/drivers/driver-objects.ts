/**
 * What a driver sees of the library's objects: the fields that Cinder's drivers read.
 *
 * Drivers get the very objects that users hold. They are described here by their shape, so that a
 * driver needs nothing of the library but its own base class.
 */
import type { Dict } from '../cinder/dict.ts';

/** The type of a volume: what was asked of the storage. */
export interface DriverVolumeType {
  readonly id: string;
  readonly name: string | null;
  readonly extra_specs: Dict<string | null> | null;
  readonly qos_specs_id: string | null;
}

export interface DriverVolume {
  readonly id: string;
  /** The id that the name on the storage is made of, where it is not `id`. */
  readonly _name_id: string | null;
  /** The name for people; not unique. */
  readonly display_name: string | null;
  readonly display_description: string | null;
  /** In GiB. */
  readonly size: number | bigint | null;
  /** `host@backend#pool`. */
  readonly host: string | null;
  readonly status: string | null;
  readonly previous_status: string | null;
  readonly attach_status: string | null;
  readonly bootable: boolean | null;
  readonly multiattach: boolean | null;
  readonly project_id: string | null;
  readonly user_id: string | null;
  readonly metadata: Dict<string> | null;
  readonly admin_metadata: Dict<string> | null;
  readonly provider_id: string | null;
  readonly provider_location: string | null;
  readonly provider_auth: string | null;
  readonly provider_geometry: string | null;
  readonly replication_driver_data: string | null;
  readonly encryption_key_id: string | null;
  readonly snapshot_id: string | null;
  readonly source_volid: string | null;
  readonly volume_type_id: string | null;
  readonly volume_type: DriverVolumeType | null;
}

export interface DriverSnapshot {
  readonly id: string;
  /** The name for people; not unique. */
  readonly display_name: string | null;
  readonly display_description: string | null;
  readonly volume_id: string | null;
  /** The size of its volume when it was made, in GiB. */
  readonly volume_size: number | bigint | null;
  readonly status: string | null;
  readonly project_id: string | null;
  readonly user_id: string | null;
  readonly metadata: Dict<string> | null;
  readonly provider_id: string | null;
  readonly provider_location: string | null;
  readonly provider_auth: string | null;
}

/** A connection of a volume to a host, as drivers see those of a volume that several hosts use. */
export interface DriverAttachment {
  readonly id: string;
  readonly volume_id: string;
  readonly connector: Dict | null;
}
