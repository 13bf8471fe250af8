/**
 * Performs one random operation after another on its own objects, and tracks what must be stored: everything
 * acknowledged, nothing refused, and either state where the outcome is unknown.
 */
import {
  type Cinderlib,
  DatabaseUnavailable,
  KeyValue,
  OutcomeUnknown,
  type Snapshot,
  type Volume,
} from 'cinderlib-wasm';
import { snapshotText, volumeText } from './contents.ts';
import type { Random } from './random.ts';

export type Model = Record<string, readonly (string | null)[]>;

export class Operator {
  /** The contents that each object may have now; null if it may be absent. */
  readonly model: Model = {};
  readonly counts = { acknowledged: 0, unknown: 0, unavailable: 0 };
  readonly #cl: Cinderlib;
  readonly #random: Random;
  readonly #name: string;
  /** Dumps of a volume and its snapshot, used as templates for new ones. */
  readonly #templates: { readonly volume: string; readonly snapshot: string };
  readonly #volumes: Volume[] = [];

  /** @param like a stored snapshot that serves, with its volume, as a template for the operator's objects */
  constructor(cl: Cinderlib, name: string, random: Random, like: Snapshot, volume: Volume) {
    this.#cl = cl;
    this.#name = name;
    this.#random = random;
    const general = (text: string): string =>
      text.replaceAll(volume.id, 'THE-VOLUME').replaceAll(like.id, 'THE-SNAPSHOT');
    this.#templates = { volume: general(volume.jsons()), snapshot: general(like.jsons()) };
  }

  step(): Promise<void> {
    const chosen = this.#random.below(10);
    if (chosen < 3) return this.#storeKey();
    if (chosen < 6 || this.#volumes.length === 0) return this.#storeVolume();
    return chosen < 9 ? this.#changeVolume() : this.#deleteVolume();
  }

  async #storeKey(): Promise<void> {
    const key = `${this.#name} ${this.#random.below(10)}`;
    const value = this.#random.text(this.#random.below(300));
    await this.#attempt(`key ${key}`, value, () => this.#cl.persistence.setKeyValue(new KeyValue(key, value)));
  }

  async #storeVolume(): Promise<void> {
    const id = crypto.randomUUID();
    const name = this.#random.text(20);
    const metadata = { of: this.#name, more: this.#random.text(50) };
    const volume = (await this.#make('volume', { id, display_name: name, metadata })) as Volume;
    const stored = await this.#attempt(`volume ${id}`, volumeText({ name, metadata }), () => volume.save());
    if (!stored) return;
    this.#volumes.push(volume);
    if (this.#random.below(3) > 0) return;
    // From now on, a volume with snapshots is left alone.
    this.#volumes.pop();
    const given = {
      id: crypto.randomUUID(),
      display_name: 'of it',
      metadata: { s: this.#random.text(9) },
      volume_id: id,
    };
    const snapshot = (await this.#make('snapshot', given)) as Snapshot;
    const content = snapshotText(id, given.display_name, given.metadata);
    await this.#attempt(`snapshot ${given.id}`, content, () => snapshot.save());
  }

  /** An object that is not stored yet. Its lifecycle would store it in several steps. */
  async #make(kind: 'volume' | 'snapshot', fields: Readonly<Record<string, unknown>>): Promise<unknown> {
    const dump = JSON.parse(this.#templates[kind]);
    Object.assign(dump.ovo['versioned_object.data'], fields);
    return this.#cl.load(dump);
  }

  async #changeVolume(): Promise<void> {
    const [volume] = this.#volumes.splice(this.#random.below(this.#volumes.length), 1);
    if (volume === undefined) return;
    const name = this.#random.text(20);
    const metadata = { of: this.#name, [`k${this.#random.below(3)}`]: this.#random.text(20) };
    Object.assign(volume, { display_name: name, metadata });
    const stored = await this.#attempt(`volume ${volume.id}`, volumeText({ name, metadata }), () => volume.save());
    if (stored) this.#volumes.push(volume);
  }

  async #deleteVolume(): Promise<void> {
    const volume = this.#volumes.shift();
    if (volume === undefined) return;
    await this.#attempt(`volume ${volume.id}`, null, () => this.#cl.persistence.deleteVolume(volume));
  }

  /** Returns whether the write was acknowledged. */
  async #attempt(object: string, content: string | null, store: () => Promise<void>): Promise<boolean> {
    const before = this.model[object] ?? [null];
    try {
      await store();
      this.model[object] = [content];
      this.counts.acknowledged++;
      return true;
    } catch (error) {
      if (error instanceof OutcomeUnknown) {
        this.model[object] = [...before, content];
        this.counts.unknown++;
      } else if (error instanceof DatabaseUnavailable) {
        this.model[object] = before;
        this.counts.unavailable++;
      } else throw error;
      return false;
    }
  }
}

/** What is wrong with the stored content, one sentence each. */
export function differences(models: readonly Model[], found: ReadonlyMap<string, string>): readonly string[] {
  const expected = new Map(models.flatMap((model) => Object.entries(model)));
  return [...new Set([...expected.keys(), ...found.keys()])].flatMap((object) => {
    const possible = expected.get(object) ?? [null];
    const actual = found.get(object) ?? null;
    return possible.includes(actual) ? [] : [`${object} is ${actual}, but could only be ${possible.join(' or ')}.`];
  });
}
