/** Restricts assignments on public objects to their fields: anything else would be silently lost. */
import { ValueError } from './errors/index.ts';

/**
 * Makes assignments to the read-only properties of a class throw `ValueError` rather than the engine's `TypeError`,
 * which is not one of this library's errors.
 *
 * @param noun What the class represents, for the message.
 */
export function refuseAssignments(noun: string, { prototype }: { readonly prototype: object }): void {
  for (const [name, property] of Object.entries(Object.getOwnPropertyDescriptors(prototype))) {
    if (property.get === undefined || property.set !== undefined) continue;
    const set = (): never => {
      throw new ValueError(`The ${name} of a ${noun} is read-only.`);
    };
    Object.defineProperty(prototype, name, { ...property, set });
  }
}

/**
 * To be called last in the constructor of such a class: from then on, assigning a misspelt field is a `TypeError`.
 * Objects of a subclass may have properties of their own.
 *
 * @param made The class that is being constructed: `new.target`.
 */
export function refuseNewProperties<T extends object>(object: T, Class: unknown, made: unknown): void {
  if (made === Class) Object.preventExtensions(object);
}
