/** Refuses `new Volume(…)` and the like, which Python's cinderlib has, where no types forbid it. */
import { InvalidOption } from '../errors/index.ts';

/** @param isOurs Whether the constructor was given what only this library's methods give it. */
export function refuseNew(isOurs: boolean): void {
  if (isOurs) return;
  throw new InvalidOption('Instead of new, call cl.backend(), backend.createVolume() and the like.');
}
