/** Carries everything from a source to a target, and verifies the result. */
import type { VersionedObject } from '../cinder/versioned-object.ts';
import { DEFAULT_TYPE } from '../cinder/volume-type.ts';
import { SourceChanged } from '../errors/index.ts';
import type { KeyValue } from '../persistence/key-value.ts';
import { differences } from './compare.ts';
import type { Item } from './item.ts';
import { type Difference, LeftOut, type MigrationReport, reasons } from './report.ts';
import { pages, prefetch, type Source } from './source.ts';
import { keyOf, type Target } from './target.ts';

export interface CarryOptions {
  /** Whether to write nothing: the target only checks what it is given. */
  readonly dry_run: boolean;
  /** Whether to read both sides again at the end and compare them field by field. */
  readonly verify: boolean;
  readonly key_values: boolean;
  readonly on_progress: (progress: MigrationProgress) => unknown;
}

/** The progress of a migration, as passed to `on_progress`. */
export interface MigrationProgress {
  /** `reading` in a dry run; else `writing`, then `verifying` unless `verify` is false. */
  readonly phase: 'reading' | 'writing' | 'verifying';
  /** The number of volumes, snapshots, connections and key-values so far. */
  readonly done: number;
  /** The number of them in total; null if the source cannot tell. */
  readonly total: number | null;
}

export async function carry(source: Source, target: Target, options: CarryOptions): Promise<MigrationReport> {
  const run = new Run(source, target, options);
  await run.carry();
  if (options.verify && !options.dry_run) await run.verify();
  return run.report();
}

class Run {
  readonly #source: Source;
  readonly #target: Target;
  readonly #options: CarryOptions;
  readonly #left = new LeftOut();
  readonly #counts = { volumes: 0, snapshots: 0, connections: 0, key_values: 0 };
  readonly #types = new Set<string>();
  /** The volumes that are carried: nothing is carried without its volume. */
  readonly #volumes = new Set<string>();
  readonly #differences: Difference[] = [];
  /** The fields of the default type compared so far: a database returns its QoS specs only together with a volume. */
  readonly #defaultTypeSeen = new Set<string>();

  constructor(source: Source, target: Target, options: CarryOptions) {
    this.#source = source;
    this.#target = target;
    this.#options = options;
    const id = source.defaultType?.get('id');
    if (id !== undefined) target.defaultTypeIds.add(String(id));
    if (source.defaultType !== null) this.#meetDefaultType(source.defaultType);
  }

  /**
   * Stores everything, or in a dry run has the target check what it would store. On failure nothing is stored, if the
   * target has transactions.
   */
  async carry(): Promise<void> {
    const target = this.#target;
    const { dry_run } = this.#options;
    await target.begin(dry_run);
    try {
      // What a dry run announces may change anyway before the real run.
      const state = async (): Promise<string | null> => (dry_run ? null : this.#source.state());
      const before = await state();
      const steps = await this.#steps(dry_run ? 'reading' : 'writing');
      await this.#each(steps, (items) => target.store(items));
      await this.#eachKeyValue(steps, (some) => target.storeKeyValues(some));
      if ((await state()) !== before) {
        throw new SourceChanged(
          'The source was changed while it was read. If the target has transactions, nothing was written. ' +
            'Stop whatever writes to the source, and migrate again.',
        );
      }
    } catch (error) {
      // The original error matters more than one of the rollback.
      await target.rollback().catch(() => {});
      throw error;
    }
    await target.commit();
  }

  /** Reads both sides again and compares them. */
  async verify(): Promise<void> {
    let done = 0;
    const total = Object.values(this.#counts).reduce((sum, count) => sum + count, 0);
    for await (const page of prefetch(this.#source.items())) {
      const items = page.filter((item) => this.#isCarried(item, () => {}));
      const stored = await this.#target.find(items);
      for (const item of items) this.#compare(item, stored.get(keyOf(item)));
      done += items.length;
      await this.#options.on_progress({ phase: 'verifying', done, total });
    }
    if (this.#options.key_values) await this.#verifyKeyValues();
    await this.#options.on_progress({ phase: 'verifying', done: total, total });
  }

  async report(): Promise<MigrationReport> {
    return {
      ...this.#counts,
      volume_types: this.#types.size,
      not_carried: [...(await this.#source.leftOut()), ...this.#left.entries],
      differences: this.#differences,
    };
  }

  /** Returns a function that reports progress, given the number of items processed since, carried or not. */
  async #steps(phase: 'reading' | 'writing'): Promise<(count: number) => Promise<void>> {
    const total = await this.#source.count();
    let done = 0;
    return async (count) => {
      done += count;
      await this.#options.on_progress({ phase, done, total });
    };
  }

  async #each(step: (count: number) => Promise<void>, use: (items: readonly Item[]) => Promise<void>): Promise<void> {
    for await (const page of prefetch(this.#source.items())) {
      const items = page.filter((item) => this.#isCarried(item, (why) => this.#left.add(item.kind, item.id, why)));
      for (const item of items) this.#meet(item);
      await use(items);
      await step(page.length);
    }
  }

  #isCarried({ kind, id, ovo }: Item, refuse: (why: string) => void): boolean {
    // Not the status: that of a volume is free text, and whatever deletes an object sets `deleted` too.
    if (ovo.get('deleted') === true) {
      refuse(reasons.markedDeleted);
      return false;
    }
    if (kind === 'volume') {
      this.#volumes.add(id);
      return true;
    }
    if (this.#volumes.has(String(ovo.get('volume_id')))) return true;
    refuse(reasons.noVolume);
    return false;
  }

  #meet(item: Item): void {
    const { kind, id, ovo } = item;
    this.#counts[`${kind}s`]++;
    const type = ovo.child('volume_type');
    if (type !== null) this.#meetType(type);
    else if (kind === 'volume' && this.#isUnknownType(ovo.get('volume_type_id'))) {
      this.#left.add('volume', id, 'the volume type is missing; the target has an empty one instead', 'volume_type');
    }
    for (const field of this.#target.fieldsWithoutPlace(item)) {
      this.#left.add(kind, id, 'a database has no place for it', field);
    }
  }

  #isUnknownType(id: unknown): boolean {
    return Boolean(id) && !this.#target.defaultTypeIds.has(String(id)) && !this.#types.has(String(id));
  }

  #meetType(type: VersionedObject): void {
    const id = String(type.get('id'));
    if (type.get('name') !== DEFAULT_TYPE) {
      this.#types.add(id);
      return;
    }
    this.#target.defaultTypeIds.add(id);
    this.#meetDefaultType(type);
  }

  /** The target keeps its own default type with its own specs; specs of the source's that differ are not carried. */
  #meetDefaultType(type: VersionedObject): void {
    const own = this.#target.defaultType;
    if (!own) return;
    for (const field of ['extra_specs', 'qos_specs']) {
      if (this.#defaultTypeSeen.has(field) || !type.isSet(field)) continue;
      this.#defaultTypeSeen.add(field);
      const specs = type.get(field);
      if (!specs || (field === 'extra_specs' && Object.keys(specs).length === 0)) continue;
      const same = differences({ kind: 'volume', id: '' }, type, own).every((one) => !one.field?.startsWith(field));
      if (!same) this.#left.add('volume type', DEFAULT_TYPE, 'the target has its own type of this name', field);
    }
  }

  async #eachKeyValue(
    step: (count: number) => Promise<void>,
    use: (keyValues: readonly KeyValue[]) => Promise<void>,
  ): Promise<void> {
    const carries = this.#options.key_values;
    const keyValues = await this.#source.keyValues();
    if (carries) this.#counts.key_values = keyValues.length;
    for (const some of pages(keyValues)) {
      if (carries) await use(some);
      else for (const { key } of some) this.#left.add('key-value', key, 'key_values: false');
      await step(some.length);
    }
  }

  #compare(item: Item, stored: VersionedObject | undefined): void {
    const { kind, id } = item;
    if (stored === undefined) {
      this.#differences.push({ kind, id, field: null, source: null, target: null });
      return;
    }
    const onCoarseTime = (field: string): void =>
      this.#left.add(kind, id, 'the target keeps whole seconds: the fraction is not stored', field);
    this.#differences.push(...differences(item, this.#target.expected(item), stored, onCoarseTime));
  }

  async #verifyKeyValues(): Promise<void> {
    const stored = new Map((await this.#target.keyValues()).map(({ key, value }) => [key, value]));
    for (const { key, value } of await this.#source.keyValues()) {
      if (stored.get(key) === value) continue;
      const field = stored.has(key) ? 'value' : null;
      this.#differences.push({ kind: 'key-value', id: key, field, source: null, target: null });
    }
  }
}
