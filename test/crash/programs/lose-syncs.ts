/**
 * Takes syncs away from the program that calls it, for the control: a test of power cuts that finds nothing
 * wrong without them would prove nothing. Worker threads have a file system of their own: only `worker: false`.
 */
import { readlinkSync } from 'node:fs';

/** @param lost the path whose syncs do nothing from now on; the others still work */
export function loseSyncs(lost: string): void {
  const fs = process.getBuiltinModule('node:fs');
  for (const name of ['fsyncSync', 'fdatasyncSync'] as const) {
    const sync = fs[name];
    fs[name] = (descriptor) => {
      if (readlinkSync(`/proc/self/fd/${descriptor}`) !== lost) sync(descriptor);
    };
  }
}
