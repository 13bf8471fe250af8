/**
 * What a driver sees of the library's objects: the fields that Cinder's drivers read.
 *
 * Drivers get the very objects that users hold. They are described here by their shape, so that a
 * driver needs nothing of the library but its own base class.
 */
import type { Dict } from '../cinder/dict.ts';

/** The type of a volume: what was asked of the storage. */
export interface DriverVolumeType {
  /** A UUID, unless ids may be any text (`non_uuid_ids`); that of its volume, where the library made the type. */
  readonly id: string;
  /** Unique; `__DEFAULT__` is the type of volumes that asked for nothing. */
  readonly name: string | null;
  /** What is asked of the storage, by keys that its driver knows; null when that was not read. */
  readonly extra_specs: Dict<string | null> | null;
  /** The QoS specs that belong to the type; `db.qosSpecsGet` gives them. */
  readonly qos_specs_id: string | null;
}

/** A volume, with the fields of Cinder's that drivers read. What the driver answers with changes them, nothing else. */
export interface DriverVolume {
  /** A UUID, unless ids may be any text (`non_uuid_ids`). It stays the same as long as the volume lives. */
  readonly id: string;
  /** The id that the name on the storage is made of, where it is not `id`. */
  readonly _name_id: string | null;
  /** The name for people; not unique. */
  readonly display_name: string | null;
  /** What people wrote about it. */
  readonly display_description: string | null;
  /** In GiB. */
  readonly size: number | bigint | null;
  /** `host@backend#pool`. */
  readonly host: string | null;
  /** Such as `creating`, `available`, `in-use`, `extending`, `deleting` or `error`: Cinder's words. */
  readonly status: string | null;
  /** What it was before it was extended, retyped or migrated. */
  readonly previous_status: string | null;
  /** `attached` or `detached`. */
  readonly attach_status: string | null;
  /** Whether a machine can start from it. */
  readonly bootable: boolean | null;
  /** Whether several hosts may be connected at once. */
  readonly multiattach: boolean | null;
  /** Whose it is: the `project_id` of `setup()`. */
  readonly project_id: string | null;
  /** Who made it: the `user_id` of `setup()`. */
  readonly user_id: string | null;
  /** What its users noted of it. */
  readonly metadata: Dict<string> | null;
  /** What administrators and drivers noted of it; `db.volumeAdminMetadataUpdate` changes it. */
  readonly admin_metadata: Dict<string> | null;
  /** The driver's own: what the storage calls it. */
  readonly provider_id: string | null;
  /** The driver's own: where it is, such as `10.0.0.1:3260,1 iqn… 1` for iSCSI. */
  readonly provider_location: string | null;
  /** The driver's own, and secret: how hosts get in, such as `CHAP user secret`. */
  readonly provider_auth: string | null;
  /** The driver's own: sizes of blocks and the like. */
  readonly provider_geometry: string | null;
  /** The driver's own: what it needs to know of a replica. */
  readonly replication_driver_data: string | null;
  /** The key that its bytes are encrypted with, in a key manager; null when they are not. */
  readonly encryption_key_id: string | null;
  /** The snapshot that it was made of. */
  readonly snapshot_id: string | null;
  /** The volume that it was cloned of. */
  readonly source_volid: string | null;
  /** The id of `volume_type`; drivers that look the type up go by it. */
  readonly volume_type_id: string | null;
  /** What was asked of the storage; null when nothing was. */
  readonly volume_type: DriverVolumeType | null;
}

/** A snapshot, with the fields of Cinder's that drivers read. */
export interface DriverSnapshot {
  /** A UUID, unless ids may be any text (`non_uuid_ids`). */
  readonly id: string;
  /** The name for people; not unique. */
  readonly display_name: string | null;
  /** What people wrote about it. */
  readonly display_description: string | null;
  /** The volume that it is of; `db.volumeGet` gives that. */
  readonly volume_id: string | null;
  /** The size of its volume when it was made, in GiB. */
  readonly volume_size: number | bigint | null;
  /** Such as `creating`, `available`, `deleting` or `error`: Cinder's words. */
  readonly status: string | null;
  /** Whose it is: that of its volume. */
  readonly project_id: string | null;
  /** Who made it: the `user_id` of its volume. */
  readonly user_id: string | null;
  /** What its users noted of it. */
  readonly metadata: Dict<string> | null;
  /** The driver's own: what the storage calls it. */
  readonly provider_id: string | null;
  /** The driver's own: where it is. */
  readonly provider_location: string | null;
  /** The driver's own, and secret: how hosts get in. */
  readonly provider_auth: string | null;
}

/** A connection of a volume to a host, as drivers see those of a volume that several hosts use. */
export interface DriverAttachment {
  /** That of the connection. */
  readonly id: string;
  /** The volume that is connected. */
  readonly volume_id: string;
  /** The properties of the host; null where it was stored without them. */
  readonly connector: Dict | null;
}
