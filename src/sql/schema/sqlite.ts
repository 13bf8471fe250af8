/**
 * The tables and indexes of a new SQLite database: Cinder's schema at revision c92a3e68beed and
 * cinderlib's key-value table, in the original's order and with its exact text, so that `sqlite_master` of
 * our databases reads like that of any other.
 */

/** The revision that {@link schemaObjects} describes. */
export const SCHEMA_REVISION = 'c92a3e68beed';

/** cinderlib's own table, which is in none of Cinder's revisions. */
export const KEY_VALUE_TABLE = 'cinderlib_persistence_key_value';

export interface SchemaObject {
  readonly kind: 'table' | 'index';
  readonly name: string;
  readonly sql: string;
}

/** Everything that has to be created, in order. */
export function schemaObjects(): readonly SchemaObject[] {
  let table = '';
  return schema
    .trim()
    .split(/\n(?=\S)/)
    .map((text) => {
      const object = readObject(text, table);
      if (object.kind === 'table') table = object.name;
      return object;
    });
}

function readObject(text: string, table: string): SchemaObject {
  // An index without a name has the usual one for a column of the table before it.
  const [head = '', ...lines] = text.replace(/^INDEX \((\w+)\)/, `INDEX ix_${table}_$1 ON ${table} ($1)`).split('\n');
  const name = /(?:TABLE|INDEX) "?(\w+)/.exec(head)?.[1] ?? '';
  if (lines.length === 0) return { kind: 'index', name, sql: `CREATE ${head}` };
  const items = lines.join(' ').replace('*', base).trim().split(/;\s+/);
  return { kind: 'table', name, sql: `CREATE ${head} (\n\t${items.join(', \n\t')}\n)` };
}

/** The columns of Cinder's base model, written `*` below. */
const base = 'created_at DATETIME; updated_at DATETIME; deleted_at DATETIME; deleted BOOLEAN';

// Columns and constraints are separated by semicolons. The quotes around two names are the original's.
const schema = `
TABLE alembic_version
  version_num VARCHAR(32) NOT NULL; CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
TABLE services
  *; id INTEGER NOT NULL; host VARCHAR(255); binary VARCHAR(255); topic VARCHAR(255); report_count INTEGER NOT NULL;
  disabled BOOLEAN; availability_zone VARCHAR(255); disabled_reason VARCHAR(255); modified_at DATETIME;
  rpc_current_version VARCHAR(36); object_current_version VARCHAR(36); replication_status VARCHAR(36); frozen BOOLEAN;
  active_backend_id VARCHAR(255); cluster_name VARCHAR(255); uuid VARCHAR(36); PRIMARY KEY (id)
UNIQUE INDEX services_uuid_idx ON services (uuid)
TABLE consistencygroups
  *; id VARCHAR(36) NOT NULL; user_id VARCHAR(255); project_id VARCHAR(255); host VARCHAR(255);
  availability_zone VARCHAR(255); name VARCHAR(255); description VARCHAR(255); volume_type_id VARCHAR(255);
  status VARCHAR(255); cgsnapshot_id VARCHAR(36); source_cgid VARCHAR(36); cluster_name VARCHAR(255);
  PRIMARY KEY (id); CHECK (deleted IN (0, 1))
TABLE cgsnapshots
  *; id VARCHAR(36) NOT NULL; consistencygroup_id VARCHAR(36) NOT NULL; user_id VARCHAR(255); project_id VARCHAR(255);
  name VARCHAR(255); description VARCHAR(255); status VARCHAR(255); PRIMARY KEY (id); CHECK (deleted IN (0, 1));
  FOREIGN KEY(consistencygroup_id) REFERENCES consistencygroups (id)
INDEX (consistencygroup_id)
TABLE groups
  *; id VARCHAR(36) NOT NULL; user_id VARCHAR(255); project_id VARCHAR(255); cluster_name VARCHAR(255);
  host VARCHAR(255); availability_zone VARCHAR(255); name VARCHAR(255); description VARCHAR(255);
  group_type_id VARCHAR(36); status VARCHAR(255); group_snapshot_id VARCHAR(36); source_group_id VARCHAR(36);
  replication_status VARCHAR(255); PRIMARY KEY (id)
TABLE group_snapshots
  *; id VARCHAR(36) NOT NULL; group_id VARCHAR(36) NOT NULL; user_id VARCHAR(255); project_id VARCHAR(255);
  name VARCHAR(255); description VARCHAR(255); status VARCHAR(255); group_type_id VARCHAR(36); PRIMARY KEY (id);
  CHECK (deleted IN (0, 1)); FOREIGN KEY(group_id) REFERENCES groups (id)
INDEX (group_id)
TABLE volume_attachment
  *; id VARCHAR(36) NOT NULL; volume_id VARCHAR(36) NOT NULL; attached_host VARCHAR(255); instance_uuid VARCHAR(36);
  mountpoint VARCHAR(255); attach_time DATETIME; detach_time DATETIME; attach_mode VARCHAR(36);
  attach_status VARCHAR(255); connection_info TEXT; connector TEXT; PRIMARY KEY (id);
  FOREIGN KEY(volume_id) REFERENCES volumes (id)
INDEX (volume_id)
TABLE attachment_specs
  *; id INTEGER NOT NULL; attachment_id VARCHAR(36) NOT NULL; "key" VARCHAR(255); value VARCHAR(255);
  PRIMARY KEY (id); FOREIGN KEY(attachment_id) REFERENCES volume_attachment (id)
INDEX (attachment_id)
TABLE snapshots
  *; id VARCHAR(36) NOT NULL; volume_id VARCHAR(36) NOT NULL; user_id VARCHAR(255); project_id VARCHAR(255);
  status VARCHAR(255); progress VARCHAR(255); volume_size INTEGER; scheduled_at DATETIME; display_name VARCHAR(255);
  display_description VARCHAR(255); provider_location VARCHAR(255); encryption_key_id VARCHAR(36);
  volume_type_id VARCHAR(36) NOT NULL; cgsnapshot_id VARCHAR(36); provider_id VARCHAR(255);
  provider_auth VARCHAR(255); group_snapshot_id VARCHAR(36); use_quota BOOLEAN; PRIMARY KEY (id);
  CONSTRAINT snapshots_volume_id_fkey FOREIGN KEY(volume_id) REFERENCES volumes (id);
  FOREIGN KEY(cgsnapshot_id) REFERENCES cgsnapshots (id);
  FOREIGN KEY(group_snapshot_id) REFERENCES group_snapshots (id)
INDEX (volume_id)
INDEX (cgsnapshot_id)
INDEX (group_snapshot_id)
TABLE snapshot_metadata
  *; id INTEGER NOT NULL; snapshot_id VARCHAR(36) NOT NULL; "key" VARCHAR(255); value VARCHAR(255); PRIMARY KEY (id);
  FOREIGN KEY(snapshot_id) REFERENCES snapshots (id)
INDEX (snapshot_id)
TABLE quality_of_service_specs
  *; id VARCHAR(36) NOT NULL; specs_id VARCHAR(36); "key" VARCHAR(255); value VARCHAR(255); PRIMARY KEY (id);
  CHECK (deleted IN (0, 1)); FOREIGN KEY(specs_id) REFERENCES quality_of_service_specs (id)
INDEX (specs_id)
TABLE volume_types
  *; id VARCHAR(36) NOT NULL; name VARCHAR(255); qos_specs_id VARCHAR(36); is_public BOOLEAN;
  description VARCHAR(255); PRIMARY KEY (id); FOREIGN KEY(qos_specs_id) REFERENCES quality_of_service_specs (id)
INDEX (qos_specs_id)
TABLE volume_type_projects
  id INTEGER NOT NULL; created_at DATETIME; updated_at DATETIME; deleted_at DATETIME; volume_type_id VARCHAR(36);
  project_id VARCHAR(255); deleted INTEGER; PRIMARY KEY (id); UNIQUE (volume_type_id, project_id, deleted);
  FOREIGN KEY(volume_type_id) REFERENCES volume_types (id)
TABLE volume_metadata
  *; id INTEGER NOT NULL; volume_id VARCHAR(36) NOT NULL; "key" VARCHAR(255); value VARCHAR(255); PRIMARY KEY (id);
  FOREIGN KEY(volume_id) REFERENCES volumes (id)
INDEX (volume_id)
TABLE volume_type_extra_specs
  *; id INTEGER NOT NULL; volume_type_id VARCHAR(36) NOT NULL; "key" VARCHAR(255); value VARCHAR(255);
  PRIMARY KEY (id);
  CONSTRAINT volume_type_extra_specs_ibfk_1 FOREIGN KEY(volume_type_id) REFERENCES volume_types (id)
INDEX (volume_type_id)
TABLE quotas
  id INTEGER NOT NULL; *; project_id VARCHAR(255); resource VARCHAR(255) NOT NULL; hard_limit INTEGER;
  allocated INTEGER; PRIMARY KEY (id)
TABLE quota_classes
  *; id INTEGER NOT NULL; class_name VARCHAR(255); resource VARCHAR(255); hard_limit INTEGER; PRIMARY KEY (id);
  CHECK (deleted IN (0, 1))
INDEX (class_name)
TABLE reservations
  *; id INTEGER NOT NULL; uuid VARCHAR(36) NOT NULL; usage_id INTEGER; project_id VARCHAR(255); resource VARCHAR(255);
  delta INTEGER NOT NULL; expire DATETIME; allocated_id INTEGER; PRIMARY KEY (id); CHECK (deleted IN (0, 1));
  FOREIGN KEY(usage_id) REFERENCES quota_usages (id); FOREIGN KEY(allocated_id) REFERENCES quotas (id)
INDEX (project_id)
INDEX (usage_id)
INDEX reservations_deleted_uuid_idx ON reservations (deleted, uuid)
INDEX (allocated_id)
INDEX reservations_deleted_expire_idx ON reservations (deleted, expire)
TABLE volume_glance_metadata
  *; id INTEGER NOT NULL; volume_id VARCHAR(36); snapshot_id VARCHAR(36); "key" VARCHAR(255); value TEXT;
  PRIMARY KEY (id); CHECK (deleted IN (0, 1)); FOREIGN KEY(volume_id) REFERENCES volumes (id);
  FOREIGN KEY(snapshot_id) REFERENCES snapshots (id)
INDEX (snapshot_id)
INDEX (volume_id)
TABLE backups
  *; id VARCHAR(36) NOT NULL; volume_id VARCHAR(36) NOT NULL; user_id VARCHAR(255); project_id VARCHAR(255);
  host VARCHAR(255); availability_zone VARCHAR(255); display_name VARCHAR(255); display_description VARCHAR(255);
  container VARCHAR(255); status VARCHAR(255); fail_reason VARCHAR(255); service_metadata VARCHAR(255);
  service VARCHAR(255); size INTEGER; object_count INTEGER; parent_id VARCHAR(36); temp_volume_id VARCHAR(36);
  temp_snapshot_id VARCHAR(36); num_dependent_backups INTEGER; snapshot_id VARCHAR(36); data_timestamp DATETIME;
  restore_volume_id VARCHAR(36); encryption_key_id VARCHAR(36); PRIMARY KEY (id); CHECK (deleted IN (0, 1))
TABLE backup_metadata
  *; id INTEGER NOT NULL; backup_id VARCHAR(36) NOT NULL; "key" VARCHAR(255); value VARCHAR(255); PRIMARY KEY (id);
  FOREIGN KEY(backup_id) REFERENCES backups (id)
INDEX (backup_id)
TABLE transfers
  *; id VARCHAR(36) NOT NULL; volume_id VARCHAR(36) NOT NULL; display_name VARCHAR(255); salt VARCHAR(255);
  crypt_hash VARCHAR(255); expires_at DATETIME; no_snapshots BOOLEAN; source_project_id VARCHAR(255);
  destination_project_id VARCHAR(255); accepted BOOLEAN; PRIMARY KEY (id);
  FOREIGN KEY(volume_id) REFERENCES volumes (id)
INDEX (volume_id)
TABLE encryption
  *; cipher VARCHAR(255); control_location VARCHAR(255); key_size INTEGER; provider VARCHAR(255);
  volume_type_id VARCHAR(36) NOT NULL; encryption_id VARCHAR(36); PRIMARY KEY (encryption_id);
  CHECK (deleted IN (0, 1))
TABLE volume_admin_metadata
  *; id INTEGER NOT NULL; volume_id VARCHAR(36) NOT NULL; "key" VARCHAR(255); value VARCHAR(255); PRIMARY KEY (id);
  FOREIGN KEY(volume_id) REFERENCES volumes (id)
INDEX (volume_id)
TABLE driver_initiator_data
  created_at DATETIME; updated_at DATETIME; id INTEGER NOT NULL; initiator VARCHAR(255) NOT NULL;
  namespace VARCHAR(255) NOT NULL; "key" VARCHAR(255) NOT NULL; value VARCHAR(255); PRIMARY KEY (id);
  UNIQUE (initiator, namespace, "key")
INDEX (initiator)
TABLE image_volume_cache_entries
  image_updated_at DATETIME; id INTEGER NOT NULL; host VARCHAR(255) NOT NULL; image_id VARCHAR(36) NOT NULL;
  volume_id VARCHAR(36) NOT NULL; size INTEGER NOT NULL; last_used DATETIME NOT NULL; cluster_name VARCHAR(255);
  PRIMARY KEY (id)
INDEX (host)
INDEX (image_id)
TABLE messages
  id VARCHAR(36) NOT NULL; project_id VARCHAR(255) NOT NULL; request_id VARCHAR(255); resource_type VARCHAR(36);
  resource_uuid VARCHAR(255); event_id VARCHAR(255) NOT NULL; message_level VARCHAR(255) NOT NULL; *;
  expires_at DATETIME; detail_id VARCHAR(10); action_id VARCHAR(10); PRIMARY KEY (id)
INDEX (expires_at)
TABLE clusters
  *; id INTEGER NOT NULL; name VARCHAR(255) NOT NULL; binary VARCHAR(255) NOT NULL; disabled BOOLEAN;
  disabled_reason VARCHAR(255); race_preventer INTEGER NOT NULL; replication_status VARCHAR(36);
  active_backend_id VARCHAR(255); frozen BOOLEAN DEFAULT (0) NOT NULL; PRIMARY KEY (id);
  UNIQUE (name, binary, race_preventer)
TABLE workers
  *; id INTEGER NOT NULL; resource_type VARCHAR(40) NOT NULL; resource_id VARCHAR(36) NOT NULL;
  status VARCHAR(255) NOT NULL; service_id INTEGER; race_preventer INTEGER DEFAULT 0 NOT NULL; PRIMARY KEY (id);
  UNIQUE (resource_type, resource_id); FOREIGN KEY(service_id) REFERENCES services (id)
INDEX (service_id)
TABLE group_types
  id VARCHAR(36) NOT NULL; name VARCHAR(255) NOT NULL; description VARCHAR(255); *; is_public BOOLEAN;
  PRIMARY KEY (id)
TABLE group_type_specs
  id INTEGER NOT NULL; "key" VARCHAR(255); value VARCHAR(255); group_type_id VARCHAR(36) NOT NULL; *;
  PRIMARY KEY (id); FOREIGN KEY(group_type_id) REFERENCES group_types (id)
INDEX (group_type_id)
TABLE group_type_projects
  id INTEGER NOT NULL; created_at DATETIME; updated_at DATETIME; deleted_at DATETIME; group_type_id VARCHAR(36);
  project_id VARCHAR(255); deleted BOOLEAN; PRIMARY KEY (id); UNIQUE (group_type_id, project_id, deleted);
  FOREIGN KEY(group_type_id) REFERENCES group_types (id); CHECK (deleted IN (0, 1))
TABLE group_volume_type_mapping
  *; id INTEGER NOT NULL; volume_type_id VARCHAR(36) NOT NULL; group_id VARCHAR(36) NOT NULL; PRIMARY KEY (id);
  FOREIGN KEY(volume_type_id) REFERENCES volume_types (id); FOREIGN KEY(group_id) REFERENCES groups (id)
INDEX (volume_type_id)
INDEX (group_id)
TABLE default_volume_types
  created_at DATETIME; updated_at DATETIME; deleted_at DATETIME; volume_type_id VARCHAR(36);
  project_id VARCHAR(255) NOT NULL; deleted BOOLEAN; PRIMARY KEY (project_id);
  FOREIGN KEY(volume_type_id) REFERENCES volume_types (id); CHECK (deleted IN (0, 1))
INDEX (volume_type_id)
TABLE "quota_usages"
  *; id INTEGER NOT NULL; project_id VARCHAR(255); resource VARCHAR(300); in_use INTEGER NOT NULL;
  reserved INTEGER NOT NULL; until_refresh INTEGER; race_preventer BOOLEAN; PRIMARY KEY (id);
  UNIQUE (project_id, resource, race_preventer)
INDEX (project_id)
INDEX quota_usage_project_resource_idx ON quota_usages (project_id, resource)
TABLE "volumes"
  *; id VARCHAR(36) NOT NULL; ec2_id VARCHAR(255); user_id VARCHAR(255); project_id VARCHAR(255); host VARCHAR(255);
  size INTEGER; availability_zone VARCHAR(255); status VARCHAR(255); attach_status VARCHAR(255);
  scheduled_at DATETIME; launched_at DATETIME; terminated_at DATETIME; display_name VARCHAR(255);
  display_description VARCHAR(255); provider_location VARCHAR(256); provider_auth VARCHAR(256);
  snapshot_id VARCHAR(36); volume_type_id VARCHAR(36) NOT NULL; source_volid VARCHAR(36); bootable BOOLEAN;
  provider_geometry VARCHAR(255); _name_id VARCHAR(36); encryption_key_id VARCHAR(36); migration_status VARCHAR(255);
  replication_status VARCHAR(255); replication_extended_status VARCHAR(255); replication_driver_data VARCHAR(255);
  consistencygroup_id VARCHAR(36); provider_id VARCHAR(255); multiattach BOOLEAN; previous_status VARCHAR(255);
  cluster_name VARCHAR(255); group_id VARCHAR(36); service_uuid VARCHAR(36); shared_targets BOOLEAN;
  use_quota BOOLEAN; PRIMARY KEY (id); FOREIGN KEY(service_uuid) REFERENCES services (uuid);
  FOREIGN KEY(group_id) REFERENCES groups (id); FOREIGN KEY(consistencygroup_id) REFERENCES consistencygroups (id)
INDEX volumes_service_uuid_idx ON volumes (service_uuid, deleted)
INDEX (group_id)
INDEX (consistencygroup_id)
TABLE cinderlib_persistence_key_value
  "key" VARCHAR(255) NOT NULL; value TEXT; PRIMARY KEY ("key")
`;
