/** Options of methods: one that does not exist is refused, since an ignored option is a wrong one that nobody notices. */
import { InvalidOption } from '../errors/index.ts';
import { didYouMean } from '../near-name.ts';

/** @throws InvalidOption that names the method and the nearest right option. */
export function refuseUnknown(method: string, given: object, known: readonly string[]): void {
  const unknown = Object.keys(given).find((name) => !known.includes(name));
  if (unknown === undefined) return;
  throw new InvalidOption(
    `${method}() has no option ${unknown}.${didYouMean(unknown, known)} It takes: ${known.join(', ')}.`,
  );
}
