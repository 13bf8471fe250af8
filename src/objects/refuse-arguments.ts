/** Refuses arguments of methods that take none: an option or filter that is ignored would go unnoticed. */
import { InvalidOption } from '../errors/index.ts';
import { kindOf } from '../shown.ts';

/** @param names Methods without parameters, such as `delete`, to which callers may pass `{ force: true }`. */
export function refuseArguments({ prototype }: { readonly prototype: object }, ...names: readonly string[]): void {
  for (const name of names) {
    const method: unknown = Reflect.get(prototype, name);
    if (typeof method !== 'function') continue;
    const isAsync = method.constructor !== Function;
    // Named like the method, for stack traces.
    const checked = {
      [name](this: unknown, ...given: readonly unknown[]): unknown {
        const wrong = given.find((one) => one !== undefined);
        if (wrong === undefined) return Reflect.apply(method, this, []);
        const error = new InvalidOption(`${name}() takes no arguments; it was given ${kindOf(wrong)}.`);
        if (isAsync) return Promise.reject(error);
        throw error;
      },
    };
    Object.defineProperty(prototype, name, { value: checked[name], configurable: true, writable: true });
  }
}
