/**
 * Decides, in this one place, when change marks are cleared.
 *
 * A save stores the fields that are marked when it begins. The marks stay until it has succeeded: if it fails, there is
 * nothing to restore, and a save that begins meanwhile stores the same fields again, so that it does not depend on the
 * first. Fields assigned during a save stay marked for the next one. This requires that the saves of an object reach
 * its storage in the order in which they began, which is up to the storage: see `PersistenceDriver.setOne`.
 */
import type { VersionedObject } from './versioned-object.ts';

/** Runs a save of these objects. `save` is called synchronously, and must read the fields before it first awaits. */
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

/** Clears the marks of an object that has been stored, for callers that do not use {@link saving}. */
export function forgetMarks(object: VersionedObject): void {
  for (const one of writtenWith(object)) one.resetChanges();
}

/** Whether any assigned field is not stored yet. */
export function hasMarks(object: VersionedObject): boolean {
  return writtenWith(object).some(({ changedFields }) => changedFields.size > 0);
}

/** The object and those that are written with it: a volume's type and its QoS specs. */
function writtenWith(object: VersionedObject): readonly VersionedObject[] {
  const inside = object.child('volume_type') ?? object.child('qos_specs');
  return inside === null ? [object] : [object, ...writtenWith(inside)];
}
