/** Turns the fields of a model into properties of a class, named like the columns: `vol.display_name`. */
import type { ObjectModel } from '../cinder/object-model.ts';
import type { VersionedObject } from '../cinder/versioned-object.ts';

/** The base class of everything that wraps a versioned object. */
export abstract class FieldHolder {
  /** The wrapped versioned object, which holds the fields as Cinder defines them: set or not, changed or not. */
  abstract get ovo(): VersionedObject;
}

type Constructor<T, A extends readonly unknown[]> = abstract new (...parameters: A) => T;

/**
 * A subclass of `Base` with the properties `F`: one for each field of the model that holds no object and is not
 * defined by `Base`. A field that is not set reads as null.
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
  // The loop above defines what F declares; TypeScript cannot infer properties defined by name.
  return Fielded as unknown as Constructor<T & F, A>;
}
