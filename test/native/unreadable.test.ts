/** A disk that fails to read: that says nothing about the database, whatever native SQLite makes of it. */
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Keeper } from '../../src/media/locks/keeper.ts';
import { ProgramRunner } from '../../src/media/locks/keeper-program.ts';
import type { StartKeeper } from '../../src/media/locks/start-keeper.ts';
import { openGuarded } from '../support/engines.ts';
import { inTemporaryFolder } from '../support/golden.ts';
import { FaultyFs } from '../unit/media/faulty-fs.ts';

test('a disk that fails to read is a StorageFailure, also where native SQLite calls the database damaged', async () => {
  await inTemporaryFolder(async (folder) => {
    let complaint = '';
    const keeper: StartKeeper = async (file) => {
      const runner = await ProgramRunner.start(file);
      if (runner === null) return null;
      const run = runner.run.bind(runner);
      runner.run = async (sql) => {
        if (complaint === '') return run(sql);
        await run('ROLLBACK');
        return complaint;
      };
      return new Keeper(runner, file);
    };
    const disk = new FaultyFs();
    const engine = await openGuarded(join(folder, 'cl.sqlite'), { fs: disk.fs, keeper });
    await engine.run('CREATE TABLE t (id)');
    complaint = 'Error: stepping, database disk image is malformed (11)';
    disk.set({ at: 1, errno: 'EIO', lasting: true, only: ['readSync'] });
    const insert = () => engine.run('INSERT INTO t VALUES (1)');
    await expect(insert()).rejects.toMatchObject({ name: 'StorageFailure', errno: 'EIO' });
    disk.heal();
    await expect(insert()).rejects.toMatchObject({ name: 'DatabaseCorrupt' });
    complaint = '';
    await insert();
    expect((await engine.all('SELECT id FROM t')).rows).toEqual([[1]]);
    await engine.close();
  });
});
