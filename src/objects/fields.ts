/**
 * The fields of the public objects and their types. Unless noted otherwise, each is a column of the table that its
 * interface names. A field that is not loaded reads as null.
 */
import type { Dict } from '../cinder/dict.ts';

/** Table `volumes`. */
export interface VolumeFields {
  /** Its UUID, or any text where the context has `non_uuid_ids`. */
  readonly id: string;
  /** The id that the name on the storage is made of, when it is not `id` (after a migration in Cinder). */
  _name_id: string | null;
  /** The id in the EC2 API, where Cinder gave one. */
  ec2_id: string | null;
  /** Who it belongs to; `cinderlib` unless `setup` said otherwise. */
  user_id: string | null;
  /** The project that it belongs to; `cinderlib` unless `setup` said otherwise. */
  project_id: string | null;
  /** Whether it counts against quotas. */
  use_quota: boolean | null;
  /** The snapshot that it was made from. */
  snapshot_id: string | null;
  /** The cluster of its service in Cinder; cinderlib has none. */
  cluster_name: string | null;
  /** `host@backend#pool`: the machine, the backend and the pool that hold it. */
  host: string | null;
  /** In GiB. */
  size: number | bigint | null;
  /** The zone in Cinder; cinderlib sets none. */
  availability_zone: string | null;
  /** `creating`, `available`, `in-use`, `extending`, `error`, `error_deleting`, `deleted`; any text is taken. */
  status: string | null;
  /** One of Cinder's attach states; the library leaves it at `detached`. */
  attach_status: string | null;
  /** The state of a migration in Cinder. */
  migration_status: string | null;
  /** When Cinder's scheduler placed it. */
  scheduled_at: string | null;
  /** When Cinder's service finished it. */
  launched_at: string | null;
  /** When Cinder began to delete it. */
  terminated_at: string | null;
  /** Its name for people, not unique. Also `name`. */
  display_name: string | null;
  /** Also `description`. */
  display_description: string | null;
  /** What the driver calls it. */
  provider_id: string | null;
  /** How the driver finds it. */
  provider_location: string | null;
  /** Credentials of its export, such as `CHAP user secret`. A secret. */
  provider_auth: string | null;
  /** Block size and the like, as the driver wrote it. */
  provider_geometry: string | null;
  /** The id of its type; the type `__DEFAULT__` once it is stored in a database without one of its own. */
  volume_type_id: string | null;
  /** The volume that it is a clone of. */
  source_volid: string | null;
  /** The key manager's id of its key. */
  encryption_key_id: string | null;
  /** Its consistency group in Cinder. */
  consistencygroup_id: string | null;
  /** Its group in Cinder. */
  group_id: string | null;
  /** Whether it was deleted. */
  deleted: boolean | null;
  /** Whether it holds a bootable system. */
  bootable: boolean | null;
  /** Whether several hosts may attach it at once. */
  multiattach: boolean | null;
  /** The state of its replication. */
  replication_status: string | null;
  /** More of that, by the driver. */
  replication_extended_status: string | null;
  /** What the driver keeps for its replication. */
  replication_driver_data: string | null;
  /** The status before an operation that failed, such as `extend`. */
  previous_status: string | null;
  /** Text to text. Assign a new object to change it: an edit in place is not noticed. */
  metadata: Dict<string> | null;
  /** As `metadata`, for administrators. */
  admin_metadata: Dict<string> | null;
  /** Of the image that it was made from. Databases of cinderlib never hold it. */
  glance_metadata: Dict<string> | null;
  /** The service in Cinder that manages it. */
  service_uuid: string | null;
  /** Whether its driver puts several volumes behind one target. */
  shared_targets: boolean | null;
  /** When its row was made: UTC, ISO 8601 with microseconds. */
  created_at: string | null;
  /** When its row was last changed. */
  updated_at: string | null;
  /** When it was deleted. */
  deleted_at: string | null;
}

/** Table `volume_types`. */
export interface VolumeTypeFields {
  /** Its UUID, or any text where the context has `non_uuid_ids`. */
  readonly id: string;
  /** Unique. The library's own types are named by the id of their volume. */
  name: string | null;
  /** For people. */
  description: string | null;
  /** Whether every project may use it. */
  is_public: boolean | null;
  /** The projects that may use it when it is not public. */
  projects: readonly string[] | null;
  /** Text to text or null: what the driver is asked for. Assign a new object to change it. */
  extra_specs: Dict<string | null> | null;
  /** The id of its QoS specs. */
  qos_specs_id: string | null;
  /** When its row was made: UTC, ISO 8601 with microseconds. */
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
  /** Its UUID, or any text where the context has `non_uuid_ids`. */
  readonly id: string;
  /** Unique. The library's own specs are named by the id of their volume. */
  name: string;
  /** Who enforces them: `back-end`, `front-end` or `both`. */
  consumer: string;
  /** Text to text or null. Assign a new object to change them. */
  specs: Dict<string | null> | null;
  /** When its row was made: UTC, ISO 8601 with microseconds. */
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
  /** Its UUID, or any text where the context has `non_uuid_ids`. */
  readonly id: string;
  /** Who it belongs to; `cinderlib` unless `setup` said otherwise. */
  user_id: string | null;
  /** The project that it belongs to; `cinderlib` unless `setup` said otherwise. */
  project_id: string | null;
  /** Whether it counts against quotas. */
  use_quota: boolean | null;
  /** The volume that it is a snapshot of. */
  volume_id: string | null;
  /** The consistency group snapshot that it is part of. */
  cgsnapshot_id: string | null;
  /** The group snapshot that it is part of. */
  group_snapshot_id: string | null;
  /** One of Cinder's snapshot states: `creating`, `available`, `error`, `deleting`, `error_deleting`, `deleted`… */
  status: string | null;
  /** The name of its backend: that is where cinderlib keeps it. */
  progress: string | null;
  /** The size of its volume when it was taken, in GiB. */
  volume_size: number | bigint | null;
  /** Its name for people, not unique. Also `name`. */
  display_name: string | null;
  /** Also `description`. */
  display_description: string | null;
  /** The key manager's id of its key. */
  encryption_key_id: string | null;
  /** The id of its volume's type. */
  volume_type_id: string | null;
  /** How the driver finds it. */
  provider_location: string | null;
  /** What the driver calls it. */
  provider_id: string | null;
  /** Text to text. Assign a new object to change it: an edit in place is not noticed. */
  metadata: Dict<string>;
  /** Credentials of its export, such as `CHAP user secret`. A secret. */
  provider_auth: string | null;
  /** When its row was made: UTC, ISO 8601 with microseconds. */
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
  /** Its UUID, or any text where the context has `non_uuid_ids`. */
  readonly id: string;
  /** The volume that it connects. */
  volume_id: string;
  /** The instance that it is attached to. */
  instance_uuid: string | null;
  /** The host that it is attached to. */
  attached_host: string | null;
  /** Where the host sees it. */
  mountpoint: string | null;
  /** When it was attached. */
  attach_time: string | null;
  /** When it was detached. */
  detach_time: string | null;
  /** One of Cinder's attach states; the library sets none. */
  attach_status: string | null;
  /** `rw` or `ro`. */
  attach_mode: string | null;
  /** `{ conn, connector, device }`: the driver's answer, the host's properties, the attached device. May hold secrets. */
  connection_info: Dict | null;
  /** The properties of the host that it is for. */
  connector: Dict | null;
  /** When its row was made: UTC, ISO 8601 with microseconds. */
  created_at: string | null;
  /** When its row was last changed. */
  updated_at: string | null;
  /** When it was deleted. */
  deleted_at: string | null;
  /** Whether it was deleted. */
  deleted: boolean | null;
}
