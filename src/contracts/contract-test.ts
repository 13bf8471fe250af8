/** The building blocks of the contract suite. */
import type { Cinderlib } from '../cinderlib.ts';
import type { Backend } from '../objects/backend.ts';
import type { Connection } from '../objects/connection.ts';
import type { Snapshot } from '../objects/snapshot.ts';
import type { Volume } from '../objects/volume.ts';
import { assert } from './assertions.ts';

/** A test: its title, and its body, which runs on a context with an empty storage and two backends. */
export type ContractTest = readonly [
  name: string,
  body: (cl: Cinderlib, first: Backend, second: Backend, kept: Kept) => Promise<void>,
];

/** What the storage under test cannot keep by its nature. */
export interface StorageLimits {
  /** True where times have no fractions of seconds, as in MySQL. */
  readonly wholeSeconds?: boolean;
  /** The characters that texts cannot contain, such as `/\0/g` in PostgreSQL. */
  readonly refusedCharacters?: RegExp;
}

/** Reduces values to what the storage under test has to keep. */
export interface Kept {
  /** The current fields of an object, without those that the storage need not keep. */
  fields(resource: Volume | Snapshot | Connection): Record<string, unknown>;
  /** The text without the characters that the storage cannot store. */
  text(text: string): string;
}

export const ids = (objects: readonly { readonly id: string }[]): string[] => objects.map(({ id }) => id).sort();

/**
 * What a storage need not keep: fields that databases have no column for, objects that are stored separately, and
 * the time of the last change, which databases set themselves.
 */
const notKept = [
  ...['cluster', 'glance_metadata', 'consistencygroup', 'group', 'cgsnapshot', 'group_snapshot', 'volume_type'],
  ...['volume', 'snapshots', 'volume_attachment', 'updated_at'],
];

export function keptWithin({ wholeSeconds = false, refusedCharacters }: StorageLimits): Kept {
  return {
    fields(resource) {
      const { ovo } = resource.toJson({ simplified: true });
      const data = Object.entries(ovo['versioned_object.data'] ?? {}).filter(([name]) => !notKept.includes(name));
      const kept = wholeSeconds ? data.map(([name, value]) => [name, withoutFraction(name, value)] as const) : data;
      // Memory hands out the object itself: this snapshot of it must not follow later changes.
      return JSON.parse(JSON.stringify(Object.fromEntries(kept)));
    },
    text: (text) => (refusedCharacters === undefined ? text : text.replaceAll(refusedCharacters, '')),
  };
}

function withoutFraction(name: string, value: unknown): unknown {
  return /_(at|time)$/.test(name) && typeof value === 'string' ? value.replace(/\.\d+/, '.000000') : value;
}

/** Fails unless no field of the object is marked as changed. */
export function assertUnmarked({ ovo }: Volume | Snapshot | Connection): void {
  const type = ovo.child('volume_type');
  for (const object of [ovo, type, type?.child('qos_specs')]) {
    const marked = [...(object?.changedFields ?? [])].join(', ');
    assert(marked === '', `a setter must call the base class's, which clears change marks; still marked: ${marked}`);
  }
}

/** A copy of the given object that was never stored and has its own id. */
export async function unstored<T extends Volume | Snapshot | Connection>(cl: Cinderlib, like: T): Promise<T> {
  const text = like.toJsons().replaceAll(like.id, '00000000-0000-4000-8000-00000000dead');
  // load() makes an object of the class that the dump names.
  return (await cl.load(text)) as T;
}
