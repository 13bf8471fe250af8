/** What a migration did, and what it did not. */

/** What {@link migrate} answers with. */
export interface MigrationReport {
  /** How many were carried; in a dry run, how many would be. */
  readonly volumes: number;
  /** Snapshots that were carried, or would be. */
  readonly snapshots: number;
  /** Connections (Cinder's `volume_attachment`) that were carried, or would be. */
  readonly connections: number;
  /** Key-values that were carried, or would be; 0 where they were declined. */
  readonly key_values: number;
  /** Types beside the one named `__DEFAULT__`, of which each database has its own. */
  readonly volume_types: number;
  /** Everything that the source has and the target did not get. */
  readonly not_carried: readonly NotCarried[];
  /** What the target holds otherwise than the source, found by reading both again; empty without `verify`. */
  readonly differences: readonly Difference[];
}

/** Something that the source has and the target did not get. */
export interface NotCarried {
  /** `volume`, `snapshot`, `connection`, `key-value`, `volume type`, or the name of a table. */
  readonly kind: string;
  /** The field of such objects that it is about; null where it is about all of them. */
  readonly field: string | null;
  /** How many of them there are. */
  readonly count: number;
  /** The first hundred ids or keys; none for rows of tables. */
  readonly ids: readonly string[];
  /** The reason, as a sentence. */
  readonly why: string;
}

/** One field that the target holds otherwise than the source. */
export interface Difference {
  /** As of {@link NotCarried}. */
  readonly kind: string;
  /** The object's id, or the key of a key-value. */
  readonly id: string;
  /** Null where the target does not have the object at all. */
  readonly field: string | null;
  /** The source's value as JSON; null for one that may be a secret, as any text of a driver may. */
  readonly source: string | null;
  /** The target's value, in the same way. */
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
