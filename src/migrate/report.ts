/** What a migration carried, and what it did not. */

/** The result of {@link migrate}. */
export interface MigrationReport {
  /** The number of volumes that were carried, or in a dry run would be, with those that the target had already; likewise below. */
  readonly volumes: number;
  /** The number of snapshots. */
  readonly snapshots: number;
  /** The number of connections (Cinder's `volume_attachment`). */
  readonly connections: number;
  /** The number of key-values; 0 if `key_values` is false. */
  readonly key_values: number;
  /** The number of volume types, except `__DEFAULT__`, of which each database has its own. */
  readonly volume_types: number;
  /** Everything in the source that was not carried, with the reasons. */
  readonly not_carried: readonly NotCarried[];
  /** Where the target differs from the source, found by reading both again; empty without `verify`. */
  readonly differences: readonly Difference[];
}

/** Something in the source that was not carried. */
export interface NotCarried {
  /** `volume`, `snapshot`, `connection`, `key-value`, `volume type`, `missing table`, or the name of a table. */
  readonly kind: string;
  /** The field that was not carried; null for whole objects. */
  readonly field: string | null;
  /** The number of affected objects or rows. */
  readonly count: number;
  /** The first hundred ids or keys, or the names of tables; empty for rows of tables. */
  readonly ids: readonly string[];
  /** The reason, in words. */
  readonly why: string;
}

/** The kind of the entry for tables that the source, a dump, does not contain at all. */
export const MISSING_TABLE = 'missing table';

/** Reasons that several sources give. */
export const reasons = {
  deleted: 'rows that are marked as deleted',
  markedDeleted: 'it is marked as deleted',
  foreign: 'rows of a table that cinderlib does not use',
  noVolume: 'the volume is missing',
  unusedType: 'no volume has this type',
} as const;

/** Whether an entry is about whole objects that are not deleted: whoever removes the source afterwards loses them. */
export function isOfObjects({ kind, field, why }: NotCarried): boolean {
  return field === null && kindsOfObjects.has(kind) && why !== reasons.markedDeleted;
}

const kindsOfObjects = new Set(['volume', 'snapshot', 'connection']);

/** The entry for rows of a table, which have no ids to report. */
export function rowsLeftOut(table: string, count: number, why: string): NotCarried {
  return { kind: table, field: null, count, ids: [], why };
}

/** A field in which the target differs from the source. */
export interface Difference {
  /** As in {@link NotCarried}. */
  readonly kind: string;
  /** The object's id, or the key of a key-value. */
  readonly id: string;
  /** The field; null if the target does not have the object at all. */
  readonly field: string | null;
  /** The source's value as JSON; null if it may be a secret, like any text set by a driver. */
  readonly source: string | null;
  /** The target's value, likewise. */
  readonly target: string | null;
}

/** The most ids to report for each entry. */
const mostIds = 100;

/** Collects what is not carried, with one entry for each combination of kind, field and reason. */
export class LeftOut {
  readonly #entries = new Map<
    string,
    { kind: string; field: string | null; count: number; ids: string[]; why: string }
  >();

  add(kind: string, id: string, why: string, field: string | null = null): void {
    const key = JSON.stringify([kind, field, why]);
    const entry = this.#entries.get(key) ?? { kind, field, count: 0, ids: [], why };
    entry.count++;
    if (entry.ids.length < mostIds) entry.ids.push(id);
    this.#entries.set(key, entry);
  }

  get entries(): readonly NotCarried[] {
    return [...this.#entries.values()];
  }
}
