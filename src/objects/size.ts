/** Sizes of volumes: whole numbers of GiB. */
import { ValueError } from '../errors/index.ts';
import { shown } from '../shown.ts';

/** Refuses an invalid size before a driver gets it. */
export function checkSize(size: number): void {
  if (Number.isSafeInteger(size) && size >= 0) return;
  throw wrongSize(size);
}

export function wrongSize(size: unknown): ValueError {
  return new ValueError(`A size is a whole number of GiB below 2 ** 53, not ${shown(size)}.`);
}
