/** What SQLite has cached while another program wrote is not trusted later, even if that program left no trace. */
import { expect, test } from 'vitest';
import { DatabaseLocked } from '../../../src/errors/index.ts';
import { type ForeignWrite, type Guard, NullGuard } from '../../../src/media/guard.ts';
import { MemoryMedium } from '../../../src/media/memory.ts';
import { SqliteAccess } from '../../../src/sql/engines/sqlite/sqlite-access.ts';
import { openDatabase } from '../../../src/sql/engines/sqlite/sqlite-open.ts';
import { startSqlite } from '../../../src/vfs/start-sqlite.ts';

/** Overwrites a value in the file as it is, as a program does whose page cache is full before it commits. */
function overwrite(medium: MemoryMedium, from: string, to: string): void {
  const place = Buffer.from(medium.bytes()).indexOf(from);
  medium.open('', true).write(new TextEncoder().encode(to), place);
}

test('a page that another program wrote and rolled back is read again', async () => {
  const looks: ForeignWrite[] = [];
  const guard: Guard = Object.assign(new NullGuard(), {
    keepsOthersOut: async () => false,
    foreignWrite: () => looks.shift() ?? null,
  });
  const medium = Object.assign(new MemoryMedium(), { guard });
  const access = new SqliteAccess(medium, openDatabase(await startSqlite(), medium, false), false);
  const value = (): unknown => access.database.value('SELECT value FROM t');
  await access.writing(async () => {
    access.database.value('CREATE TABLE t (value)');
    access.database.value("INSERT INTO t VALUES ('committed')");
  });
  await access.refresh();

  const error = new DatabaseLocked('in use');
  const disturbed = access.reading(() => {
    overwrite(medium, 'committed', 'unsettled');
    // It is there only once this has been read.
    looks.push({ error, abandoned: false });
    return value();
  });
  await expect(disturbed).rejects.toBe(error);
  overwrite(medium, 'unsettled', 'committed');
  expect(await access.reading(value)).toBe('committed');
  await access.end(async () => access.database.close());
});
