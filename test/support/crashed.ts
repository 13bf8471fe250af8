/** Makes Cinder databases like those left by a native program that was killed in the middle of a change. */
import { copyFileSync } from 'node:fs';
import { sqlite3 } from './native-shell.ts';

/** Leaves half of a change to every volume in the file, with a hot journal beside it. */
export async function leaveHotJournal(target: string): Promise<void> {
  const left = `${target}.left`;
  const other = sqlite3.start(target);
  // A small page cache makes SQLite write dirty pages to the file before the commit.
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
