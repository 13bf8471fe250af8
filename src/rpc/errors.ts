/**
 * Carries errors across the worker boundary: to plain data and back into their class, so that `instanceof`,
 * `code`, fields and `cause` hold on the other side. Comlink alone would keep name, message and stack.
 */
import type { WireError } from './contract.ts';

export type FindClass = (name: string) => { readonly prototype: Error } | undefined;

const notFields = new Set(['name', 'code', 'message', 'stack', 'cause', 'resource']);

/** More causes than any chain of ours has; a foreign one may be a circle. */
const mostCauses = 16;

/** The error as data. Fields that are not primitive values are turned into text. */
export function toWire(error: unknown, causesLeft = mostCauses): WireError {
  const source = error instanceof Error ? error : new Error(String(error));
  const fields = Object.fromEntries(
    Object.entries(source)
      .filter(([name]) => !notFields.has(name))
      .map(([name, value]) => [name, isPlain(value) ? value : String(value)]),
  );
  const code = Reflect.get(source, 'code');
  return {
    name: source.name,
    code: typeof code === 'string' ? code : null,
    message: source.message,
    stack: source.stack ?? '',
    fields,
    cause: source.cause === undefined || causesLeft === 0 ? null : toWire(source.cause, causesLeft - 1),
  };
}

/**
 * The error again.
 *
 * @param classNamed finds its class; without it, it is a plain error with all that it carries
 */
export function fromWire(wire: WireError, classNamed: FindClass = () => undefined): Error {
  // Constructors take what the error is about, not a message: so it is made without them. Only `new Error` makes what
  // consoles, debuggers and `structuredClone` recognise as an error.
  const result: Error = Object.setPrototypeOf(
    new Error(wire.message),
    classNamed(wire.name)?.prototype ?? Error.prototype,
  );
  const set = (name: string, value: unknown, enumerable: boolean): void => {
    Object.defineProperty(result, name, { value, enumerable, writable: true, configurable: true });
  };
  // As a class field would be: loggers write what is enumerable.
  set('name', wire.name, true);
  if (wire.code !== null) set('code', wire.code, true);
  set('stack', wire.stack, false);
  if (wire.cause !== null) set('cause', fromWire(wire.cause, classNamed), false);
  for (const [name, value] of Object.entries(wire.fields)) set(name, value, true);
  return result;
}

function isPlain(value: unknown): boolean {
  return value === null || ['string', 'number', 'boolean', 'bigint', 'undefined'].includes(typeof value);
}
