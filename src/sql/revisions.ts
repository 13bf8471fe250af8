/** Brings a database's schema into a state that the library can use, mostly by doing nothing, or only inspects it. */
import { DEFAULT_TYPE } from '../cinder/volume-type.ts';
import { AccessDenied, SchemaError, VolumeTypeNotFoundByName } from '../errors/index.ts';
import type { DefaultTypeRows } from '../rpc/contract.ts';
import { inOrder } from './dialect.ts';
import type { SqlConnection, SqlEngine, Work } from './engine.ts';
import { readDefaultType } from './read/default-type.ts';
import { insertRow, valuesOf } from './rows.ts';
import { checkColumns } from './schema/check-columns.ts';
import { cinderTables, keyValues, orderBy } from './schema/columns.ts';
import { type SchemaAdapter, sqliteSchema } from './schema/schema-adapter.ts';
import type { Origin } from './schema/seeds.ts';
import { KEY_VALUE_TABLE, SCHEMA_REVISION, type SchemaObject, schemaObjects } from './schema/sqlite.ts';

/** Cinder's last version under sqlalchemy-migrate, and the alembic revision that describes the same schema. */
const lastLegacyVersion = 145;
const firstRevision = '921e1a36b076';

export interface Schema {
  /** The revision that the database has now. */
  readonly revision: string;
  readonly default_type: DefaultTypeRows;
  readonly defaultTypeId: string;
  /** Only cinderlib's own databases have the table from the start. */
  readonly hasKeyValues: boolean;
  /** Whether its tables have just been created. */
  readonly isNew?: true;
}

/**
 * Creates Cinder's tables where there are none, takes the few upgrade steps that are safe, and leaves every
 * other database as it is.
 *
 * All checks come before the first write, and all writes are one transaction (except on MySQL, which commits
 * each table by itself): a database that is refused keeps every byte.
 *
 * @throws {SchemaError} when the tables are in no state that the library can use
 * @throws {VolumeTypeNotFoundByName} when the type `__DEFAULT__` is missing
 */
export async function prepareSchema(engine: SqlEngine, origin: Origin): Promise<Schema> {
  const adapter = adapterOf(engine);
  let { state, revision } = await look(engine, (connection) => check(connection, adapter));
  if (revision === null) {
    await engine.transaction((connection) =>
      adapter.lock(connection, async () => {
        // Others may have created the tables while we waited for the lock; nobody else has a SQLite file.
        if (connection.dialect !== 'sqlite') ({ state, revision } = await check(connection, adapter));
        if (revision === null) await adapter.create(connection, state.tables, origin);
      }),
    );
    const found = { ...(await engine.read(defaultType)), hasKeyValues: true };
    return revision === null ? { revision: SCHEMA_REVISION, ...found, isNew: true } : { revision, ...found };
  }
  const found = await engine.read(defaultType);
  return { revision: await upgradeSchema(engine, adapter, state, revision), ...found, hasKeyValues: true };
}

/**
 * The schema as it is, for a database that must not be changed or has been prepared before.
 *
 * @throws {SchemaError} when the tables are in no state that the library can use
 * @throws {VolumeTypeNotFoundByName} when the type `__DEFAULT__` is missing
 */
export function readSchema(engine: SqlEngine): Promise<Schema> {
  const adapter = adapterOf(engine);
  // Servers show users only the tables that they have a privilege on.
  const none = `it has no Cinder tables${engine.dialect === 'sqlite' ? '' : ', or none that this user may see'}`;
  return look(engine, (connection) => foundSchema(connection, adapter, none));
}

/** A table briefly has no columns while MySQL alters it: a refusal there is checked again under the schema lock. */
async function look<T>(engine: SqlEngine, work: Work<T>): Promise<T> {
  try {
    return await engine.read(work);
  } catch (error) {
    if (engine.dialect !== 'mysql' || !(error instanceof SchemaError)) throw error;
    return engine.read((connection) => adapterOf(engine).lock(connection, () => work(connection)));
  }
}

const adapterOf = ({ schemaAdapter }: SqlEngine): SchemaAdapter => schemaAdapter ?? sqliteSchema;

/** @param none what is wrong where no tables are found */
async function foundSchema(connection: SqlConnection, adapter: SchemaAdapter, none: string): Promise<Schema> {
  const { state, revision } = await check(connection, adapter);
  if (revision === null) {
    const reason = state.isBeingCreated ? 'not all of its tables exist yet' : none;
    const text = `${reason}, and they are created only when a database is opened for writing`;
    const other_table = [...state.tables].find((name) => !/^(?:sqlite|cinderlib|alembic)_/.test(name));
    throw Object.assign(refusal(text), { empty: true, other_table });
  }
  return { revision, ...(await defaultType(connection)), hasKeyValues: state.tables.has(KEY_VALUE_TABLE) };
}

/** Refuses tables that cannot be used. The revision is null where there are no tables of Cinder's. */
async function check(
  connection: SqlConnection,
  adapter: SchemaAdapter,
): Promise<{ state: State; revision: string | null }> {
  const state = await inspect(connection, adapter);
  const revision = recordedRevision(state);
  const hasKeyValues = state.tables.has(KEY_VALUE_TABLE);
  const tables = [...(revision === null ? [] : cinderTables()), ...(hasKeyValues ? [keyValues] : [])];
  await checkColumns(adapter, connection, tables, revision ?? SCHEMA_REVISION);
  return { state, revision };
}

async function defaultType(connection: SqlConnection): Promise<Pick<Schema, 'default_type' | 'defaultTypeId'>> {
  const default_type = await readDefaultType(connection);
  const [id] = valuesOf(default_type.volume_types, 'id');
  if (id === undefined) {
    const { rows } = await connection.all('SELECT id FROM volume_types WHERE name = ?', [DEFAULT_TYPE]);
    throw Object.assign(new VolumeTypeNotFoundByName(DEFAULT_TYPE), { deleted: rows.length > 0 });
  }
  return { default_type, defaultTypeId: String(id) };
}

/** What a database says about itself. */
interface State {
  /** The names of its tables and views, in lower case as SQL compares them. */
  readonly tables: ReadonlySet<string>;
  /** The rows of `alembic_version`; null when there is no such table. */
  readonly revisions: readonly string[] | null;
  /** Cinder's version according to `migrate_version`; null when it has none. */
  readonly legacyVersion: string | null;
  /** Whether this library is creating the tables, or was interrupted while it did. */
  readonly isBeingCreated: boolean;
}

async function inspect(connection: SqlConnection, adapter: SchemaAdapter): Promise<State> {
  const tables = await adapter.tableNames(connection);
  const query = async (table: string, column: string, where = '') => {
    const order = inOrder(connection.dialect, { order: orderBy(column) });
    return valuesOf(await connection.all(`SELECT ${column} FROM ${table}${where} ${order}`), column).map(String);
  };
  const hasLegacy = tables.has('migrate_version');
  const versions = hasLegacy ? await query('migrate_version', 'version', ` WHERE repository_id = 'cinder'`) : [];
  return {
    tables,
    revisions: tables.has('alembic_version') ? await query('alembic_version', 'version_num') : null,
    legacyVersion: versions[0] ?? null,
    isBeingCreated: await adapter.isBeingCreated(connection),
  };
}

/** The revision of a database that has Cinder's tables; null when they can be created. */
function recordedRevision({ tables, revisions, legacyVersion, isBeingCreated }: State): string | null {
  const [revision, second] = revisions ?? [];
  if (second !== undefined) {
    throw refusal(`alembic_version has several rows, ${revisions?.join(', ')}, where one is allowed. ${advice}`);
  }
  if (revision !== undefined) return revision;
  if (legacyVersion === String(lastLegacyVersion)) return firstRevision;
  if (legacyVersion !== null) {
    throw refusal(
      `it is at version ${legacyVersion} of Cinder's old migrations. ` +
        'Upgrade it with a Cinder release from Xena to 2023.1 (versions from 135 on, others with earlier releases first)',
    );
  }
  if (isBeingCreated) return null;
  const present = creatable().filter(({ name }) => tables.has(name));
  if (present.length === 0) return null;
  const some = present.slice(0, 3).map(({ name }) => name);
  const list = present.length > 3 ? `${some.join(', ')} and ${present.length - 3} more` : some.join(', ');
  const fault =
    revisions === null
      ? 'neither alembic_version nor migrate_version records their revision'
      : 'alembic_version is empty';
  throw refusal(`it has Cinder tables (${list}), but ${fault}. ${advice}`);
}

/** That page tells how to find it. */
const advice = 'Store the right revision: see docs/cli.md#check';

function refusal(reason: string): SchemaError {
  return new SchemaError(`The database cannot be used: ${reason}. Nothing was changed.`);
}

/** The tables that must not exist yet where Cinder's are to be created. */
function creatable(): readonly SchemaObject[] {
  const shared = new Set(['alembic_version', KEY_VALUE_TABLE]);
  return schemaObjects().filter(({ kind, name }) => kind === 'table' && !shared.has(name));
}

/** What remains to be done to a database that has Cinder's tables. */
interface Steps {
  /** Tables to create. */
  readonly missing: readonly string[];
  /** Whether the revision has to be recorded. */
  readonly stamps: boolean;
  /** Whether it can be upgraded to the next revision. */
  readonly relaxes: boolean;
  /** The resulting revision. */
  readonly target: string;
}

async function stepsDue(
  connection: SqlConnection,
  adapter: SchemaAdapter,
  { tables, revisions }: State,
  revision: string,
): Promise<Steps> {
  const relaxes = revision === firstRevision && (await adapter.canRelaxVolumes(connection));
  return {
    missing: ['alembic_version', KEY_VALUE_TABLE].filter((name) => !tables.has(name)),
    stamps: (revisions ?? []).length === 0,
    relaxes,
    target: relaxes ? SCHEMA_REVISION : revision,
  };
}

async function take(
  connection: SqlConnection,
  adapter: SchemaAdapter,
  { missing, stamps, relaxes, target }: Steps,
): Promise<void> {
  for (const { name, sql } of adapter.objects()) if (missing.includes(name)) await connection.run(sql);
  if (relaxes) await adapter.relaxVolumes(connection);
  if (stamps) await insertRow(connection, 'alembic_version', { version_num: target });
  else if (relaxes) await connection.run('UPDATE alembic_version SET version_num = ?', [target]);
}

/** Stamps, upgrades by one revision and adds the key-value table, where any of that is due. */
async function upgradeSchema(
  engine: SqlEngine,
  adapter: SchemaAdapter,
  state: State,
  revision: string,
): Promise<string> {
  const steps = await stepsDue(engine, adapter, state, revision);
  if (!steps.stamps && !steps.relaxes && steps.missing.length === 0) return revision;
  if (engine.dialect !== 'sqlite') return upgradeServer(engine, adapter, revision);
  // Has no effect inside a transaction.
  if (steps.relaxes) await engine.run('PRAGMA foreign_keys = OFF');
  await engine.transaction((connection) => take(connection, adapter, steps));
  return steps.target;
}

/** Others may take the same steps concurrently. A user who may only read skips those that we can do without. */
async function upgradeServer(engine: SqlEngine, adapter: SchemaAdapter, revision: string): Promise<string> {
  try {
    let target = revision;
    await engine.transaction((connection) =>
      adapter.lock(connection, async () => {
        // The previous holder of the lock may have done what was due before we got it.
        const found = await check(connection, adapter);
        if (found.revision === null) throw refusal('its tables were removed while it was opened');
        const steps = await stepsDue(connection, adapter, found.state, found.revision);
        await take(connection, adapter, steps);
        target = steps.target;
      }),
    );
    return target;
  } catch (error) {
    if (!(error instanceof AccessDenied)) throw error;
    const { state } = await engine.read((connection) => check(connection, adapter));
    if ((state.revisions ?? []).length === 0 || !state.tables.has(KEY_VALUE_TABLE)) throw error;
    return revision;
  }
}
