/**
 * Makes reading or writing pages slow for the calling program, so that others come in between more often. Worker
 * threads have a file system of their own: only `worker: false`.
 */
export function slowDown(name: 'readSync' | 'writeSync', milliseconds: number): void {
  const fs = process.getBuiltinModule('node:fs');
  const { [name]: original } = fs;
  const clock = new Int32Array(new SharedArrayBuffer(4));
  const slow = (...parameters: readonly [descriptor: number, ...rest: unknown[]]): number => {
    // Pages go with an offset and a place in the file; standard output, for one, does not.
    if (parameters.length === 5) Atomics.wait(clock, 0, 0, Math.random() * milliseconds);
    return Reflect.apply(original, fs, parameters);
  };
  Object.assign(fs, { [name]: slow });
}
