/**
 * The library's objects as drivers see them: the fields that Cinder's drivers read.
 *
 * Drivers get the same objects as users. They are described here structurally, so that a driver depends only on its
 * base class.
 */
import type { Dict } from '../cinder/dict.ts';

/** The type of a volume: requirements on the storage. */
export interface DriverVolumeType {
  /** A UUID unless the caller chose another id; a type that this library created has the id of its volume. */
  readonly id: string;
  /** Unique; `__DEFAULT__` is the type of volumes without requirements. */
  readonly name: string | null;
  /** The requirements, under keys that the driver knows; null if they have not been read. */
  readonly extra_specs: Dict<string | null> | null;
  /** The id of the type's QoS specs; `db.qosSpecsGet` returns them, given the id of the volume. */
  readonly qos_specs_id: string | null;
}

/** A volume, with the fields of Cinder's that drivers read. Drivers change them only through what they return. */
export interface DriverVolume {
  /** A UUID unless the caller chose another id. It never changes. */
  readonly id: string;
  /** The id in the volume's name on the storage, if that is not `id`. */
  readonly _name_id: string | null;
  /** The display name; not unique. */
  readonly display_name: string | null;
  /** The description. */
  readonly display_description: string | null;
  /** In GiB. `Number(size)` is exact for every volume that `createVolume` accepts. */
  readonly size: number | bigint | null;
  /** `host@backend#pool`. */
  readonly host: string | null;
  /** One of Cinder's volume states: `creating`, `available`, `in-use`, `extending`, `deleting`, `error`… */
  readonly status: string | null;
  /** The status before it was extended, retyped or migrated. */
  readonly previous_status: string | null;
  /** `attached` or `detached`. */
  readonly attach_status: string | null;
  /** Whether a machine can boot from it. */
  readonly bootable: boolean | null;
  /** Whether multiple hosts may be connected at the same time. */
  readonly multiattach: boolean | null;
  /** The project that owns it: `project_id` of `setup()`. */
  readonly project_id: string | null;
  /** The user that owns it: `user_id` of `setup()`. */
  readonly user_id: string | null;
  /** Metadata set by users. */
  readonly metadata: Dict<string> | null;
  /** Metadata set by administrators and drivers; `db.volumeAdminMetadataUpdate` changes it. */
  readonly admin_metadata: Dict<string> | null;
  /** Set by the driver: its id on the storage. */
  readonly provider_id: string | null;
  /** Set by the driver: where it is, such as `10.0.0.1:3260,1 iqn… 1` for iSCSI. */
  readonly provider_location: string | null;
  /** Set by the driver: the credentials for hosts, such as `CHAP user secret`. A secret. */
  readonly provider_auth: string | null;
  /** Set by the driver: block sizes and the like. */
  readonly provider_geometry: string | null;
  /** Set by the driver: data about a replica. */
  readonly replication_driver_data: string | null;
  /** The id of its encryption key in a key manager; null if it is not encrypted. */
  readonly encryption_key_id: string | null;
  /** The id of the snapshot that it was created from. */
  readonly snapshot_id: string | null;
  /** The id of the volume that it is a clone of. */
  readonly source_volid: string | null;
  /** The id of `volume_type`. */
  readonly volume_type_id: string | null;
  /** The requirements on the storage; null if there are none. */
  readonly volume_type: DriverVolumeType | null;
}

/** A snapshot, with the fields of Cinder's that drivers read. */
export interface DriverSnapshot {
  /** A UUID unless the caller chose another id. */
  readonly id: string;
  /** The display name; not unique. */
  readonly display_name: string | null;
  /** The description. */
  readonly display_description: string | null;
  /** The id of its volume; `db.volumeGet` returns that. */
  readonly volume_id: string | null;
  /** The size of its volume when the snapshot was taken, in GiB. */
  readonly volume_size: number | bigint | null;
  /** One of Cinder's snapshot states: `creating`, `available`, `deleting`, `error`… */
  readonly status: string | null;
  /** The project that owns it: that of its volume. */
  readonly project_id: string | null;
  /** The user that owns it: that of its volume. */
  readonly user_id: string | null;
  /** Metadata set by users. */
  readonly metadata: Dict<string> | null;
  /** Set by the driver: its id on the storage. */
  readonly provider_id: string | null;
  /** Set by the driver: where it is. */
  readonly provider_location: string | null;
  /** Set by the driver: the credentials for hosts. A secret. */
  readonly provider_auth: string | null;
}

/** A connection of a volume to a host, as `db` returns it to drivers. */
export interface DriverAttachment {
  /** The id of the connection. */
  readonly id: string;
  /** The id of the connected volume. */
  readonly volume_id: string;
  /** The properties of the host; null if the connection was stored without them. */
  readonly connector: Dict | null;
}
