/** What the tests of the contract suite are made of. */
import type { Cinderlib } from '../cinderlib.ts';
import type { Backend } from '../objects/backend.ts';
import type { Connection } from '../objects/connection.ts';
import type { Snapshot } from '../objects/snapshot.ts';
import type { Volume } from '../objects/volume.ts';
import { assert } from './assertions.ts';

/** A test: what it shows, and how, on a context with an empty storage and two backends. */
export type ContractTest = readonly [
  name: string,
  body: (cl: Cinderlib, first: Backend, second: Backend, kept: Kept) => Promise<void>,
];

/** What the storage under test cannot keep, because of what it is made of. */
export interface StorageLimits {
  /** True where times have no fractions of seconds, as in MySQL. */
  readonly wholeSeconds?: boolean;
  /** The characters that texts cannot have, such as `/\0/g` in PostgreSQL. */
  readonly refusedCharacters?: RegExp;
}

/** What the storage under test has to keep. */
export interface Kept {
  /** The fields of an object as they are now, without what the storage need not keep of them. */
  fields(resource: Volume | Snapshot | Connection): Record<string, unknown>;
  /** The text without the characters that the storage cannot have. */
  text(text: string): string;
}

export const ids = (objects: readonly { readonly id: string }[]): string[] => objects.map(({ id }) => id).sort();

/**
 * What a storage need not keep: what databases have no column for, what is stored by itself, and the time of
 * the last change, which databases set themselves.
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
      // Memory hands out the very object: what it is now must not follow later changes.
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
    assert(marked === '', `a setter calls the base class's, which clears the marks of change; left are ${marked}`);
  }
}

/** An object like the given one that was never stored: with an id of its own. */
export async function unstored<T extends Volume | Snapshot | Connection>(cl: Cinderlib, like: T): Promise<T> {
  const text = like.toJsons().replaceAll(like.id, '00000000-0000-4000-8000-00000000dead');
  // What is loaded is of the class that the dump names.
  return (await cl.load(text)) as T;
}
