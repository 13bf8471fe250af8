/**
 * Makes errors that have crossed a boundary instances of their classes again.
 *
 * For where the user's code is: workers only pass such errors on, and so do without most of the classes.
 */
import * as errors from '../errors/index.ts';
import type { WireError } from './contract.ts';
import { fromWire, toWire } from './errors.ts';

/** The error again, of its own class if it is one of ours. Its stack goes on with the calls of this thread that led to it. */
export function revive(wire: WireError): Error {
  const error = fromWire(wire, classNamed);
  const { stack } = new Error();
  // Programs may have Node make something else of stacks. Where they begin with a title, this one's is not needed.
  if (typeof stack === 'string') error.stack += stack.replace(/^(?:Error)?\n?/, '\n');
  return error;
}

/** Does so for what a core on the calling thread threw, which may come from another tab. */
export function revived(error: unknown): unknown {
  return errors.isCinderlibError(error) ? error : fromWire(toWire(error), classNamed);
}

function classNamed(name: string): { readonly prototype: Error } | undefined {
  return Object.entries(errors).flatMap(([exported, value]) =>
    exported === name && value.prototype instanceof Error ? [value as { readonly prototype: Error }] : [],
  )[0];
}
