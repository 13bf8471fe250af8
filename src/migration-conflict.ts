/**
 * The rule of what a migration may overwrite: what says the same, and what is older. Nothing else.
 *
 * It is about times and single values, so that there is one for all storages. Databases ask it about each row, in the
 * transaction that writes it (src/sql/write/row-change.ts); memory and plugins about each object
 * (src/migrate/driver-target.ts).
 */
import { compareTimes, isSameMoment } from './cinder/compare-times.ts';
import { isDict } from './cinder/dict.ts';
import { MigrationConflict } from './errors/index.ts';

/** What an error is about. */
export interface Named {
  readonly kind: string;
  readonly id: string;
}

/** The times of an object or a row, in whatever form. */
export interface Times {
  readonly created_at?: unknown;
  readonly updated_at?: unknown;
}

/**
 * Whether the stored version of an object is known to be older than the given one.
 *
 * @param recordsTimes whether every save records its time: an object without `updated_at` is then as it was created
 * @throws {MigrationConflict} if it is newer, or another object with the same id
 */
export function isOlder({ kind, id }: Named, given: Times, stored: Times, recordsTimes: boolean): boolean {
  const [made, wasMade] = [textOf(given.created_at), textOf(stored.created_at)];
  const [changed, wasChanged] = [textOf(given.updated_at), textOf(stored.updated_at)];
  if (made !== null && wasMade !== null && !isSameMoment(made, wasMade)) {
    throw new MigrationConflict(kind, id, 'another object with this id');
  }
  if (wasChanged === null) return recordsTimes && changed !== null && made !== null && wasMade !== null;
  // An object without any times: nothing tells which version is newer.
  if (changed === null && made === null) return false;
  if (changed !== null && isSameMoment(changed, wasChanged)) return false;
  if (changed !== null && compareTimes(changed, wasChanged) > 0) return true;
  throw new MigrationConflict(kind, id, 'a newer version of it');
}

function textOf(time: unknown): string | null {
  return typeof time === 'string' ? time : null;
}

/** @throws {MigrationConflict} for a version that does not say the same, and that no time shows to be older */
export function refuseDifferent({ kind, id }: Named): never {
  throw new MigrationConflict(kind, id, 'a different version of it that is not older');
}

/** The mode of a connection that has none: every object made of such a connection has it filled in. */
const usualMode = 'rw';
/** The consumer of QoS specs that name none. */
export const usualConsumer = 'back-end';

/** Whether two values of a field or column that are not equal say the same all the same. */
export function saysTheSame(name: string, isTime: boolean, given: unknown, stored: unknown): boolean {
  switch (name) {
    case 'updated_at':
      // See {@link isOlder}.
      return true;
    case 'volume_type_id':
      // Where there is no type, a storage fills one in.
      return !stored;
    case 'attach_mode':
      return (given ?? usualMode) === (stored ?? usualMode);
    case 'consumer':
      return (given ?? usualConsumer) === (stored ?? usualConsumer);
    case 'connection_info':
    case 'connector':
      return isSameJson(given, stored);
    default:
      return isTime && typeof given === 'string' && typeof stored === 'string' && isSameMoment(given, stored);
  }
}

/** Whether JSON, as text or as a value, is the same but for the order of keys and a missing mode. */
function isSameJson(given: unknown, stored: unknown): boolean {
  try {
    return canonical(given) === canonical(stored);
  } catch {
    // No JSON, or with a number that JavaScript cannot hold.
    return false;
  }
}

function canonical(json: unknown): string {
  return JSON.stringify(typeof json === 'string' ? JSON.parse(json || 'null') : json, (key, inner: unknown) => {
    // Of NaN, JSON.stringify would make null.
    if (typeof inner === 'number' && !(Math.abs(inner) <= Number.MAX_SAFE_INTEGER)) throw new RangeError();
    if (!isDict(inner)) return inner;
    const filled = key === 'data' ? { ...inner, access_mode: inner['access_mode'] ?? usualMode } : inner;
    return Object.fromEntries(Object.entries(filled).sort());
  });
}
