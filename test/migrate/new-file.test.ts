/** A migration that fails into a file that was not there: afterwards it is not there again. What is somebody's stays. */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Cinderlib, KeyValue, migrate, type PersistenceConfig, setup } from 'cinderlib-wasm';
import { expect, test, vi } from 'vitest';
import type { DatabasePersistence } from '../../src/persistence/database.ts';
import { copyGolden, inTemporaryFolder } from '../support/golden.ts';
import { sqlite3 } from '../support/tables.ts';
import { withoutNativeSqlite } from '../support/without-native-sqlite.ts';

vi.setConfig({ testTimeout: 120_000 });

const at = (path: string): PersistenceConfig => ({ storage: 'db', connection: `sqlite:///${path}` });

async function inFolder(use: (source: string, target: string, folder: string) => Promise<void>): Promise<void> {
  await inTemporaryFolder(async (folder) => {
    const source = copyGolden('rich.sqlite', join(folder, 'source.sqlite'));
    await use(source, join(folder, 'target.sqlite'), folder);
  });
}

/** Migrates until something has been written, and fails then. */
async function failing(source: string, target: string, first: () => void = () => {}): Promise<void> {
  const on_progress = (): void => {
    first();
    throw new Error('enough');
  };
  await expect(migrate(at(source), at(target), { on_progress })).rejects.toThrow('enough');
}

test('nothing is left of it', async () => {
  await inFolder(async (source, target, folder) => {
    await failing(source, target, () => expect(existsSync(target)).toBe(true));
    expect(readdirSync(folder)).toEqual(['source.sqlite']);
    // And the next one finds its way free.
    expect((await migrate(at(source), at(target))).differences).toEqual([]);
  });
});

test('a database that was there stays, byte for byte', async () => {
  await inFolder(async (source, target) => {
    await (await setup({ persistence_config: at(target) })).close();
    const before = readFileSync(target);
    await failing(source, target);
    expect(readFileSync(target).equals(before)).toBe(true);
  });
});

test('an empty file that was there stays', async () => {
  await inFolder(async (source, target) => {
    writeFileSync(target, '');
    await failing(source, target);
    expect(existsSync(target)).toBe(true);
  });
});

test('a file that somebody put in its place stays', async () => {
  await inFolder(async (source, target) => {
    await failing(source, target, () => {
      renameSync(target, `${target}.elsewhere`);
      writeFileSync(target, 'mine');
    });
    expect(readFileSync(target, 'utf8')).toBe('mine');
    expect(existsSync(`${target}.elsewhere`)).toBe(true);
  });
});

/** A new database of which a bulk was given up, on this thread. */
async function givenUp(path: string, use: (cl: Cinderlib) => Promise<void>): Promise<void> {
  const cl = await setup({ persistence_config: at(path), worker: false, fail_on_missing_backend: false });
  const { persistence } = cl;
  try {
    // The built package has the same class under another name.
    const bulk = await (persistence as unknown as DatabasePersistence).bulk();
    await bulk.append([{ kind: 'setKeyValue', key: 'carried', value: 'x' }]);
    await bulk.rollback();
    await use(cl);
  } finally {
    await cl.close();
  }
}

test('a database that was written to otherwise stays', async () => {
  await inFolder(async (_, target) => {
    await givenUp(target, async () => {});
    expect(existsSync(target)).toBe(false);
    await givenUp(target, (cl) => cl.persistence.setKeyValue(new KeyValue('kept', 'y')));
    expect(sqlite3(target, 'SELECT * FROM cinderlib_persistence_key_value')).toEqual([{ key: 'kept', value: 'y' }]);
  });
});

test('a database that another program has written to stays', async () => {
  await inFolder(async (_, target) => {
    // Where a native SQLite can hold the lock for us nobody else can write.
    const program = execFileSync('sh', ['-c', 'command -v sqlite3'], { encoding: 'utf8' }).trim();
    await withoutNativeSqlite(() =>
      givenUp(target, async () => {
        execFileSync(program, [target, `INSERT INTO cinderlib_persistence_key_value VALUES ('theirs', 'z')`]);
      }),
    );
    expect(sqlite3(target, 'SELECT * FROM cinderlib_persistence_key_value')).toEqual([{ key: 'theirs', value: 'z' }]);
  });
});

test('a database that was taken as another program has left it stays', async () => {
  await inFolder(async (_, target) => {
    const program = execFileSync('sh', ['-c', 'command -v sqlite3'], { encoding: 'utf8' }).trim();
    await withoutNativeSqlite(() =>
      givenUp(target, async (cl) => {
        execFileSync(program, [target, `INSERT INTO cinderlib_persistence_key_value VALUES ('theirs', 'z')`]);
        await cl.refresh();
      }),
    );
    expect(sqlite3(target, 'SELECT * FROM cinderlib_persistence_key_value')).toEqual([{ key: 'theirs', value: 'z' }]);
  });
});

test.each([false, true])(
  'a database that is closed while a bulk begins is given up, with worker: %s',
  async (worker) => {
    await inFolder(async (_, target) => {
      const cl = await setup({ persistence_config: at(target), worker });
      const beginning = (cl.persistence as unknown as DatabasePersistence).bulk();
      const closing = cl.close();
      const bulk = await beginning;
      await expect(bulk.commit()).rejects.toMatchObject({
        message: expect.stringMatching(/No bulk is in progress|closed/),
      });
      await closing;
      expect(existsSync(target)).toBe(false);
    });
  },
);

test('a database that is closed while the bulk in it is stored stays', async () => {
  await inFolder(async (_, target) => {
    const cl = await setup({ persistence_config: at(target), worker: false });
    const bulk = await (cl.persistence as unknown as DatabasePersistence).bulk();
    await bulk.append([{ kind: 'setKeyValue', key: 'carried', value: 'x' }]);
    const committing = bulk.commit();
    await cl.close();
    await committing;
    expect(sqlite3(target, 'SELECT * FROM cinderlib_persistence_key_value')).toEqual([{ key: 'carried', value: 'x' }]);
  });
});
