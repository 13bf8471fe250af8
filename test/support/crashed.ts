/** Databases of Cinder as a native program leaves them that was killed in the middle of a change. */
import { copyFileSync } from 'node:fs';
import { NativeSession } from './native-session.ts';

/** Half of a change of every volume is in the file, and a hot journal beside it. */
export async function leaveHotJournal(target: string): Promise<void> {
  const left = `${target}.left`;
  const other = new NativeSession(target);
  // Pages go into the file before the end when the cache is too small for them.
  await other.run(
    `PRAGMA cache_size=1; BEGIN IMMEDIATE; UPDATE volumes SET display_name = 'theirs';
     UPDATE volume_types SET description = zeroblob(90000); UPDATE volumes SET host = 'theirs';`,
  );
  copyFileSync(target, left);
  copyFileSync(`${target}-journal`, `${left}-journal`);
  await other.run('ROLLBACK;');
  await other.close();
  for (const kind of ['', '-journal']) copyFileSync(left + kind, target + kind);
}
