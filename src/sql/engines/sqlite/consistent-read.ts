/**
 * Reads a file that others can write to at any time: checks before and after, and reads again if anyone wrote.
 *
 * The order matters. Before: first the file's stamp, then that nobody is writing. After: first that nobody is
 * writing, then the stamp. So a write in between is either seen under way or changes the stamp.
 */
import { DatabaseLocked } from '../../../errors/index.ts';
import type { ForeignWrite } from '../../../media/guard.ts';
import type { Medium } from '../../../media/medium.ts';
import { pause } from '../../../runtime.ts';

/**
 * The pause between two attempts, in milliseconds: a fiftieth of the wait so far. Writers who follow each other leave
 * gaps of a few milliseconds; a long transaction should not be watched that closely.
 */
function pauseAfter(waited: number): number {
  return Math.min(Math.max(2, waited / 50), 50);
}

interface Reading<T> {
  /** Reads in one transaction, or takes a copy to read in later. */
  read(): T | Promise<T>;
  /** Discards what was read, with SQLite's page cache: it may be half of one commit and half of another. */
  forget(): void;
  /** Recovers a file that a crash left in the middle of a change; throws when it cannot. */
  recover(): Promise<void>;
}

type Outcome<T> = { readonly value: T } | { readonly foreignWrite: ForeignWrite };

/** @throws {DatabaseLocked} when others keep writing for longer than the guard's busy timeout */
export async function consistentRead<T>(medium: Medium, reading: Reading<T>): Promise<T> {
  const { guard } = medium;
  const startedAt = performance.now();
  let wasAbandoned = false;
  for (;;) {
    guard.checkFile();
    const outcome = await attempt(medium, reading);
    if ('value' in outcome) return outcome.value;
    const { error, abandoned } = outcome.foreignWrite;
    const waited = performance.now() - startedAt;
    // Seen only once, it may be a writer that was about to finish: looked at again, even if the time is up.
    if (abandoned && wasAbandoned) await reading.recover();
    else if (!abandoned && waited >= guard.busyTimeout) throw error;
    else await pause(pauseAfter(waited));
    wasAbandoned = abandoned && !wasAbandoned;
  }
}

async function attempt<T>({ guard, path }: Medium, reading: Reading<T>): Promise<Outcome<T>> {
  const before = guard.stamp();
  const earlier = guard.foreignWrite();
  if (earlier !== null) return { foreignWrite: earlier };
  let isWhole = false;
  try {
    const [result] = await Promise.allSettled([(async () => reading.read())()]);
    const later = guard.foreignWrite();
    if (later !== null) return { foreignWrite: later };
    if (guard.stamp() !== before) return { foreignWrite: { error: writtenEachTime(path), abandoned: false } };
    if (result.status === 'fulfilled') {
      isWhole = true;
      return { value: result.value };
    }
    if (!(result.reason instanceof DatabaseLocked)) throw result.reason;
    return { foreignWrite: { error: result.reason, abandoned: false } };
  } finally {
    // At once, even if nothing is read again now: a writer that rolls back would leave no trace of its pages but in
    // the cache.
    if (!isWhole) reading.forget();
  }
}

/** The error for a file that differs each time it is looked at. */
export function writtenEachTime(path: string): DatabaseLocked {
  return new DatabaseLocked(
    `${path} could not be read: another program wrote to it each time. Try again, or raise busy_timeout.`,
  );
}
