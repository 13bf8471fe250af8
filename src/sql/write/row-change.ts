/** Creates or updates the row of a volume, a snapshot or a connection. */
import { compareTimes } from '../../cinder/compare-times.ts';
import { type CinderlibError, DatabaseError, DuplicateEntry, MigrationConflict } from '../../errors/index.ts';
import { isOlder, refuseDifferent, saysTheSame } from '../../migration-conflict.ts';
import type { RowChange, SqlValue } from '../../rpc/contract.ts';
import { type Dialect, storableTime } from '../dialect.ts';
import type { SqlConnection } from '../engine.ts';
import { insertRow, isLive, type Row, updateRow } from '../rows.ts';
import type { Table } from '../schema/columns.ts';
import { sameValue } from './same-value.ts';
import type { WriteContext } from './write-context.ts';

/** How the rows of a table are written. */
export interface RowRules {
  readonly table: Table;
  /** What the model stores instead of null when it creates a row, besides `deleted` and `created_at`. */
  readonly defaults: Row;
}

/** The rules of a table that has one row for each object. */
export interface ObjectRules extends RowRules {
  readonly notFound: (id: string) => CinderlibError;
}

/** Whether the change creates a row, or else updates one; refuses changes that may do neither. */
export function isCreation(rules: ObjectRules, change: RowChange, stored: Row | null): boolean {
  if (!Object.hasOwn(change.values, 'id')) {
    if (!isLive(stored)) throw rules.notFound(change.id);
    return false;
  }
  if (stored === null) {
    // The original inserts such a row, cannot find it again, and rolls back.
    if (change.values['deleted']) throw rules.notFound(change.id);
    return true;
  }
  if (isLive(stored)) return false;
  throw new DuplicateEntry(
    `${rules.table.name} already has a row ${change.id}, marked as deleted, and ids are not reused.` +
      ' Give the object a new id.',
  );
}

/** Called before a stored object is changed. It throws where a migration would overwrite what it cannot know to be older. */
export type OverwriteCheck = () => void;

export const unchecked: OverwriteCheck = () => {};

/**
 * What to call before a stored row is changed; see src/migration-conflict.ts.
 *
 * @throws {MigrationConflict} if the row belongs to another object, or has a later change
 */
export function overwriteCheckOf(
  { name }: Table,
  { id, values, guarded }: Pick<RowChange, 'id' | 'values' | 'guarded'>,
  stored: Row | null,
): OverwriteCheck {
  if (!guarded || stored === null) return unchecked;
  const named = { kind: objectNames[name] ?? name, id };
  if ('id' in stored && stored['id'] !== id) {
    const found = `an object whose id, ${JSON.stringify(stored['id'])}, this server considers the same`;
    throw new MigrationConflict(named.kind, id, found);
  }
  return isOlder(named, values, stored, true) ? unchecked : () => refuseDifferent(named);
}

const objectNames: Readonly<Record<string, string>> = {
  volumes: 'volume',
  snapshots: 'snapshot',
  volume_attachment: 'connection',
  volume_types: 'volume type',
};

/** Inserts the row when `stored` is null, else updates it. */
export async function storeRow(
  connection: SqlConnection,
  rules: RowRules,
  change: RowChange,
  stored: Row | null,
  { now }: WriteContext,
  check: OverwriteCheck = unchecked,
): Promise<void> {
  if (stored === null) return insertRow(connection, rules.table.name, newRow(rules, change, connection.dialect, now));
  const values = checkedValues(rules, change, connection.dialect);
  const defaults = defaultsOf(rules, now);
  delete values['id'];
  const update = change.whole ? differences(rules.table, defaults, stored, values, change.guarded) : values;
  if (change.whole && Object.keys(update).length === 0) return;
  const { columns } = rules.table;
  const isSame = ([column, value]: [string, SqlValue]): boolean =>
    saysTheSame(column, columns.get(column) === 'time', value, stored[column] ?? null);
  if (check !== unchecked && !Object.entries(update).every(isSame)) check();
  if (!Object.hasOwn(values, 'updated_at')) update['updated_at'] = now;
  return updateRow(connection, rules.table, change.id, update);
}

/** The row that a change creates. One from another storage keeps the nulls that it has there. */
export function newRow(rules: RowRules, change: RowChange, dialect: Dialect, now: string): Row {
  const values = checkedValues(rules, change, dialect);
  for (const [column, value] of Object.entries(defaultsOf(rules, now))) {
    const isCarried = change.guarded && column !== 'deleted' && Object.hasOwn(values, column);
    if (!isCarried) values[column] ??= value;
  }
  return values;
}

function defaultsOf(rules: RowRules, now: string): Row {
  return { deleted: false, created_at: now, ...rules.defaults };
}

/** The columns in which a whole object differs from what an object read from its row would show. */
function differences(table: Table, defaults: Row, stored: Row, values: Row, guarded = false): Record<string, SqlValue> {
  const differing = Object.entries(values).filter(([column, value]) => {
    // An object created with such a null keeps it, while its row got the default; a migrated one may lack its time.
    if (value === null && (Object.hasOwn(defaults, column) || (guarded && column === 'updated_at'))) return false;
    return !sameValue(table.columns.get(column), stored[column] ?? null, value);
  });
  const [first] = differing;
  // The previous update set the time in the row, which the object does not know. In a migration, the times are known.
  if (!guarded && differing.length === 1 && first?.[0] === 'updated_at' && !isLater(first[1], stored)) return {};
  return Object.fromEntries(differing);
}

/** Whether a time is later than that of the row's last change. */
export function isLater(time: SqlValue, { updated_at = null }: Row): boolean {
  return time !== null && (updated_at === null || compareTimes(String(time), String(updated_at)) > 0);
}

function checkedValues(rules: RowRules, change: RowChange, dialect: Dialect): Record<string, SqlValue> {
  const values: Record<string, SqlValue> = {};
  for (const [column, value] of Object.entries(change.values)) {
    const kind = rules.table.columns.get(column);
    if (kind === undefined) {
      throw new DatabaseError(`${rules.table.name} has no writable column ${JSON.stringify(column)}.`);
    }
    values[column] = kind === 'time' && value !== null ? storableTime(dialect, String(value)) : value;
  }
  // From revision 9ab1b092a404 on, the column is NOT NULL.
  if (values['use_quota'] === null) values['use_quota'] = true;
  return values;
}
