/**
 * The fields of the public objects and their types. Unless noted otherwise, each is a column of the table that its
 * interface names. A field that is not loaded reads as null.
 */
import type { Dict } from '../cinder/dict.ts';

/** Table `volumes`. */
export interface VolumeFields {
  /** A UUID unless the caller chose another id, which may be any text. */
  readonly id: string;
  /** The id in the volume's name on the storage, if that is not `id` (after a migration in Cinder). */
  _name_id: string | null;
  /** The id in the EC2 API, if Cinder assigned one. */
  ec2_id: string | null;
  /** The user that owns it: `user_id` of `setup`, by default `cinderlib`. */
  user_id: string | null;
  /** The project that owns it: `project_id` of `setup`, by default `cinderlib`. */
  project_id: string | null;
  /** Whether it counts against quotas. */
  use_quota: boolean | null;
  /** The id of the snapshot that it was created from. */
  snapshot_id: string | null;
  /** The cluster of its service in Cinder; cinderlib has none. */
  cluster_name: string | null;
  /** `host@backend#pool`: the machine, backend and pool that hold it. */
  host: string | null;
  /** In GiB. */
  size: number | bigint | null;
  /** The availability zone in Cinder; cinderlib sets none. */
  availability_zone: string | null;
  /** `creating`, `available`, `in-use`, `extending`, `error`, `error_deleting`, `deleted`; any text is accepted. */
  status: string | null;
  /** One of Cinder's attach states; this library leaves it at `detached`. */
  attach_status: string | null;
  /** The state of a migration by Cinder. */
  migration_status: string | null;
  /** When Cinder's scheduler placed it. */
  scheduled_at: string | null;
  /** When Cinder's service finished it. */
  launched_at: string | null;
  /** When Cinder began to delete it. */
  terminated_at: string | null;
  /** The display name, not unique; also available as `name`. */
  display_name: string | null;
  /** The description; also available as `description`. */
  display_description: string | null;
  /** The driver's own id for it. */
  provider_id: string | null;
  /** Where it is, in a form that the driver defines. */
  provider_location: string | null;
  /** Credentials of its export, such as `CHAP user secret`. A secret. */
  provider_auth: string | null;
  /** Block size and the like, in a form that the driver defines. */
  provider_geometry: string | null;
  /** The id of its type; without one of its own, that of `__DEFAULT__` once it is stored in a database. */
  volume_type_id: string | null;
  /** The id of the volume that it is a clone of. */
  source_volid: string | null;
  /** The id of its encryption key in the key manager. */
  encryption_key_id: string | null;
  /** The id of its consistency group in Cinder. */
  consistencygroup_id: string | null;
  /** The id of its group in Cinder. */
  group_id: string | null;
  /** Whether it was deleted. */
  deleted: boolean | null;
  /** Whether it contains a bootable system. */
  bootable: boolean | null;
  /** Whether multiple hosts may attach it at the same time. */
  multiattach: boolean | null;
  /** The state of its replication. */
  replication_status: string | null;
  /** Details of that state, by the driver. */
  replication_extended_status: string | null;
  /** Data that the driver keeps for its replication. */
  replication_driver_data: string | null;
  /** The status before an operation that failed, such as `extend`. */
  previous_status: string | null;
  /** String to string. Assign a new object to change it: an edit in place goes unnoticed. */
  metadata: Dict<string> | null;
  /** Like `metadata`, for administrators. */
  admin_metadata: Dict<string> | null;
  /** Metadata of the image that it was created from. cinderlib's databases never contain it. */
  glance_metadata: Dict<string> | null;
  /** The UUID of the Cinder service that manages it. */
  service_uuid: string | null;
  /** Whether its driver exports multiple volumes through one target. */
  shared_targets: boolean | null;
  /** When its row was created: UTC, ISO 8601 with microseconds. */
  created_at: string | null;
  /** When its row was last changed. */
  updated_at: string | null;
  /** When it was deleted. */
  deleted_at: string | null;
}

/** Table `volume_types`. */
export interface VolumeTypeFields {
  /** A UUID unless the caller chose another id, which may be any text. */
  readonly id: string;
  /** Unique. A type that this library created is named after its volume's id. */
  name: string | null;
  /** The description. */
  description: string | null;
  /** Whether every project may use it. */
  is_public: boolean | null;
  /** The projects that may use it if it is not public. */
  projects: readonly string[] | null;
  /** String to string or null: requirements on the driver. Assign a new object to change it. */
  extra_specs: Dict<string | null> | null;
  /** The id of its QoS specs. */
  qos_specs_id: string | null;
  /** When its row was created: UTC, ISO 8601 with microseconds. */
  created_at: string | null;
  /** When its row was last changed. */
  updated_at: string | null;
  /** When it was deleted. */
  deleted_at: string | null;
  /** Whether it was deleted. */
  deleted: boolean | null;
}

/** Table `quality_of_service_specs`. */
export interface QosSpecsFields {
  /** A UUID unless the caller chose another id, which may be any text. */
  readonly id: string;
  /** Unique. Specs that this library created are named after their volume's id. */
  name: string;
  /** Who enforces them: `back-end`, `front-end` or `both`. */
  consumer: string;
  /** String to string or null. Assign a new object to change them. */
  specs: Dict<string | null> | null;
  /** When its row was created: UTC, ISO 8601 with microseconds. */
  created_at: string | null;
  /** When its row was last changed. */
  updated_at: string | null;
  /** When it was deleted. */
  deleted_at: string | null;
  /** Whether it was deleted. */
  deleted: boolean | null;
}

/** Table `snapshots`. */
export interface SnapshotFields {
  /** A UUID unless the caller chose another id, which may be any text. */
  readonly id: string;
  /** The user that owns it; unless given, that of its volume. */
  user_id: string | null;
  /** The project that owns it; unless given, that of its volume. */
  project_id: string | null;
  /** Whether it counts against quotas. */
  use_quota: boolean | null;
  /** The id of the volume that it is a snapshot of. */
  volume_id: string | null;
  /** The id of the consistency group snapshot that it is part of. */
  cgsnapshot_id: string | null;
  /** The id of the group snapshot that it is part of. */
  group_snapshot_id: string | null;
  /** One of Cinder's snapshot states: `creating`, `available`, `error`, `deleting`, `error_deleting`, `deleted`… */
  status: string | null;
  /** The name of its backend, which cinderlib keeps in this column. */
  progress: string | null;
  /** The size of its volume when the snapshot was taken, in GiB. */
  volume_size: number | bigint | null;
  /** The display name, not unique; also available as `name`. */
  display_name: string | null;
  /** The description; also available as `description`. */
  display_description: string | null;
  /** The id of its encryption key in the key manager. */
  encryption_key_id: string | null;
  /** The id of its volume's type. */
  volume_type_id: string | null;
  /** Where it is, in a form that the driver defines. */
  provider_location: string | null;
  /** The driver's own id for it. */
  provider_id: string | null;
  /** String to string. Assign a new object to change it: an edit in place goes unnoticed. */
  metadata: Dict<string>;
  /** Credentials of its export, such as `CHAP user secret`. A secret. */
  provider_auth: string | null;
  /** When its row was created: UTC, ISO 8601 with microseconds. */
  created_at: string | null;
  /** When its row was last changed. */
  updated_at: string | null;
  /** When it was deleted. */
  deleted_at: string | null;
  /** Whether it was deleted. */
  deleted: boolean | null;
}

/** Table `volume_attachment`. */
export interface ConnectionFields {
  /** A UUID unless the caller chose another id, which may be any text. */
  readonly id: string;
  /** The id of the connected volume. */
  volume_id: string;
  /** The UUID of the instance that it is attached to. */
  instance_uuid: string | null;
  /** The host that it is attached to. */
  attached_host: string | null;
  /** Where the volume appears on the host, such as `/dev/vdb`. */
  mountpoint: string | null;
  /** When it was attached. */
  attach_time: string | null;
  /** When it was detached. */
  detach_time: string | null;
  /** One of Cinder's attach states; this library sets none. */
  attach_status: string | null;
  /** `rw` or `ro`. */
  attach_mode: string | null;
  /** `{ conn, connector, device }`: the driver's answer, the host's properties, the device. May contain secrets. */
  connection_info: Dict | null;
  /** The properties of the connected host. */
  connector: Dict | null;
  /** When its row was created: UTC, ISO 8601 with microseconds. */
  created_at: string | null;
  /** When its row was last changed. */
  updated_at: string | null;
  /** When it was deleted. */
  deleted_at: string | null;
  /** Whether it was deleted. */
  deleted: boolean | null;
}
