/** What a migration did, and what it did not. */

export interface MigrationReport {
  /** How many were carried; in a dry run, how many would be. */
  readonly volumes: number;
  readonly snapshots: number;
  readonly connections: number;
  readonly key_values: number;
  /** Types beside the one named `__DEFAULT__`, of which each database has its own. */
  readonly volume_types: number;
  /** Everything that the source has and the target did not get. */
  readonly not_carried: readonly NotCarried[];
  /** What the target holds otherwise than the source, found by reading both again; empty without `verify`. */
  readonly differences: readonly Difference[];
}

export interface NotCarried {
  /** `volume`, `snapshot`, `connection`, `key-value`, `volume type`, or the name of a table. */
  readonly kind: string;
  /** The field of such objects that it is about; null where it is about all of them. */
  readonly field: string | null;
  readonly count: number;
  /** The first hundred ids or keys; none for rows of tables. */
  readonly ids: readonly string[];
  readonly why: string;
}

export interface Difference {
  readonly kind: string;
  readonly id: string;
  /** Null where the target does not have the object at all. */
  readonly field: string | null;
  /** The two values as JSON; null for those that may be secrets. */
  readonly source: string | null;
  readonly target: string | null;
}

/** Ids that are told of each. */
const MANY = 100;

/** Collects what is not carried: one entry for each kind, field and reason. */
export class LeftOut {
  readonly #entries = new Map<
    string,
    { kind: string; field: string | null; count: number; ids: string[]; why: string }
  >();

  add(kind: string, id: string, why: string, field: string | null = null): void {
    const key = JSON.stringify([kind, field, why]);
    const entry = this.#entries.get(key) ?? { kind, field, count: 0, ids: [], why };
    entry.count++;
    if (entry.ids.length < MANY) entry.ids.push(id);
    this.#entries.set(key, entry);
  }

  get entries(): readonly NotCarried[] {
    return [...this.#entries.values()];
  }
}
