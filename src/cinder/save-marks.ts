/**
 * When the marks of what changed go: the one place that says so.
 *
 * A save stores what is marked when it begins. The marks stay until it has succeeded: when it fails there is nothing to
 * put back, and a save that begins meanwhile stores the same again, so that it may succeed alone. What is assigned
 * while a save is under way stays marked for the next one. All this holds as long as the saves of an object reach its
 * storage in the order in which they began, which is the storage's part: see `PersistenceDriver.setOne`.
 */
import type { VersionedObject } from './versioned-object.ts';

/** Runs a save of these objects. It begins at once: what it stores is to be taken before it waits for anything. */
export async function saving<T>(objects: readonly VersionedObject[], save: () => Promise<T>): Promise<T> {
  const ends = objects.flatMap(writtenWith).map((object) => object.beginSave());
  let isStored = false;
  try {
    const result = await save();
    isStored = true;
    return result;
  } finally {
    for (const end of ends) end(isStored);
  }
}

/** Says that an object is stored, for who was not told when its save began. */
export function forgetMarks(object: VersionedObject): void {
  for (const one of writtenWith(object)) one.resetChanges();
}

/** Whether anything was assigned that is not stored yet. */
export function hasMarks(object: VersionedObject): boolean {
  return writtenWith(object).some(({ changedFields }) => changedFields.size > 0);
}

/** The objects that are written with one: a volume's type, and its QoS specs. */
function writtenWith(object: VersionedObject): readonly VersionedObject[] {
  const inside = object.child('volume_type') ?? object.child('qos_specs');
  return inside === null ? [object] : [object, ...writtenWith(inside)];
}
