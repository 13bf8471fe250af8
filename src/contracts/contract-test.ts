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
  body: (cl: Cinderlib, first: Backend, second: Backend) => Promise<void>,
];

export const ids = (objects: readonly { readonly id: string }[]): string[] => objects.map(({ id }) => id).sort();

/**
 * What a storage need not keep: what databases have no column for, what is stored by itself, and the time of
 * the last change, which databases set themselves.
 */
const notKept = [
  ...['cluster', 'glance_metadata', 'consistencygroup', 'group', 'cgsnapshot', 'group_snapshot', 'volume_type'],
  ...['volume', 'snapshots', 'volume_attachment', 'updated_at'],
];

/** The fields of an object as they are now, without those that a storage need not keep. */
export function keptFields(resource: Volume | Snapshot | Connection): Record<string, unknown> {
  const { ovo } = resource.toJson({ simplified: true });
  const data = Object.entries(ovo['versioned_object.data'] ?? {}).filter(([name]) => !notKept.includes(name));
  // Memory hands out the very object: what it is now must not follow later changes.
  return JSON.parse(JSON.stringify(Object.fromEntries(data)));
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
