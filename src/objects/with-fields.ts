/** Turns the fields of a model into properties of a class, so that `vol.display_name` is the column's name. */
import type { ObjectModel } from '../cinder/object-model.ts';
import type { VersionedObject } from '../cinder/versioned-object.ts';

/** Anything that stands on a versioned object. */
export abstract class FieldHolder {
  /** The versioned object underneath: the fields as Cinder defines them, set or not, changed or not. */
  abstract get ovo(): VersionedObject;
}

type Constructor<T, A extends readonly unknown[]> = abstract new (...parameters: A) => T;

/**
 * A class that has the properties `F` beside those of `Base`: one for each field of the model that holds
 * no object and that `Base` has not defined. A field that is not set reads as null.
 */
export function withFields<F, T extends FieldHolder, A extends readonly unknown[]>(
  Base: Constructor<T, A>,
  model: ObjectModel,
): Constructor<T & F, A> {
  abstract class Fielded extends (Base as Constructor<FieldHolder, A>) {}
  for (const { name, kind } of model.fields) {
    const holdsObjects = typeof kind === 'object' && !('enum' in kind);
    if (holdsObjects || name in Fielded.prototype) continue;
    Object.defineProperty(Fielded.prototype, name, {
      configurable: true,
      get(this: FieldHolder) {
        return this.ovo.get(name) ?? null;
      },
      set(this: FieldHolder, value: unknown) {
        this.ovo.set(name, value);
      },
    });
  }
  // The loop above defines what F declares: TypeScript cannot follow properties that are defined by name.
  return Fielded as unknown as Constructor<T & F, A>;
}
