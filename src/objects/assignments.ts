/** What may be assigned to the objects that users hold: their fields. Anything else would be lost in silence. */
import { ValueError } from '../errors/index.ts';

/**
 * Makes the properties of a class that can only be read say so when they are assigned, in place of the engine's
 * `TypeError`, which is none of this library's errors.
 *
 * @param noun What an object of the class is, for the message.
 */
export function refuseAssignments(noun: string, { prototype }: { readonly prototype: object }): void {
  for (const [name, property] of Object.entries(Object.getOwnPropertyDescriptors(prototype))) {
    if (property.get === undefined || property.set !== undefined) continue;
    const set = (): never => {
      throw new ValueError(`The ${name} of a ${noun} can only be read.`);
    };
    Object.defineProperty(prototype, name, { ...property, set });
  }
}

/**
 * Ends the constructor of such a class: a misspelt field is a `TypeError` from now on. Objects of a subclass may
 * have properties of their own.
 *
 * @param made The class that `new` was called with: `new.target`.
 */
export function refuseNewProperties<T extends object>(object: T, Class: unknown, made: unknown): void {
  if (made === Class) Object.preventExtensions(object);
}
