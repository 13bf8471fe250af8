/** Web Locks as promises whose end is a function. The browser frees a lock when its holder dies, however it does. */

/**
 * Waits for a lock and holds it until the function that it resolves with is called.
 *
 * @param onStolen called when somebody takes the lock away from us
 */
export function holdLock(
  locks: LockManager,
  name: string,
  options: LockOptions = {},
  onStolen: () => void = () => {},
): Promise<() => void> {
  return new Promise((resolve, reject) => {
    let isHeld = false;
    const held = new Promise<void>((release) => {
      const granted = (): Promise<void> => {
        isHeld = true;
        resolve(release);
        return held;
      };
      locks.request(name, options, granted).catch((error) => (isHeld ? onStolen() : reject(error)));
    });
  });
}

/** Calls back when nobody holds the lock any more: when whoever held it has ended. Not after the signal. */
export function whenFree(locks: LockManager, name: string, signal: AbortSignal, callback: () => void): void {
  // Many may wait for the same end.
  locks.request(name, { mode: 'shared', signal }, callback).catch(() => {});
}
