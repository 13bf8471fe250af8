/** Web Locks as promises of a release function. The browser releases a lock when its holder dies, however it does. */

/**
 * Waits for a lock, and holds it until the function that this resolves with is called.
 *
 * @param onStolen called when the lock is stolen from us
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

/** Calls back when the lock is free: its holder has ended. Not after `signal` was aborted. */
export function whenFree(locks: LockManager, name: string, signal: AbortSignal, callback: () => void): void {
  // Shared, since many may wait for the same end.
  locks.request(name, { mode: 'shared', signal }, callback).catch(() => {});
}
