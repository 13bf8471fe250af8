/** A failed migration into a new file removes that file, unless somebody else has written to it. */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Cinderlib, KeyValue, migrate, type PersistenceConfig, setup } from 'cinderlib-wasm';
import { expect, test, vi } from 'vitest';
import type { DatabasePersistence } from '../../src/persistence/database.ts';
import { copyGolden, inTemporaryFolder } from '../support/golden.ts';
import { needed } from '../support/native-programs.ts';
import { nativeRows } from '../support/tables.ts';
import { withoutNativeSqlite } from '../support/without-native-sqlite.ts';

vi.setConfig({ testTimeout: 120_000 });

const at = (path: string): PersistenceConfig => ({ storage: 'db', connection: `sqlite:///${path}` });

async function inFolder(use: (source: string, target: string, folder: string) => Promise<void>): Promise<void> {
  await inTemporaryFolder(async (folder) => {
    const source = copyGolden('rich.sqlite', join(folder, 'source.sqlite'));
    await use(source, join(folder, 'target.sqlite'), folder);
  });
}

/** Starts a migration that fails once something has been written. */
async function failing(source: string, target: string, first: () => void = () => {}): Promise<void> {
  const on_progress = (): void => {
    first();
    throw new Error('enough');
  };
  await expect(migrate(at(source), at(target), { on_progress })).rejects.toThrow('enough');
}

test('a failed migration removes the file that it created', async () => {
  await inFolder(async (source, target, folder) => {
    await failing(source, target, () => expect(existsSync(target)).toBe(true));
    expect(readdirSync(folder)).toEqual(['source.sqlite']);
    // The next migration finds nothing in its way.
    expect((await migrate(at(source), at(target))).differences).toEqual([]);
  });
});

test('a failed migration leaves an existing database unchanged', async () => {
  await inFolder(async (source, target) => {
    await (await setup({ persistence_config: at(target) })).close();
    const before = readFileSync(target);
    await failing(source, target);
    expect(readFileSync(target).equals(before)).toBe(true);
  });
});

test('a failed migration leaves an existing empty file', async () => {
  await inFolder(async (source, target) => {
    writeFileSync(target, '');
    await failing(source, target);
    expect(existsSync(target)).toBe(true);
  });
});

test('a failed migration leaves a file that replaced its target meanwhile', async () => {
  await inFolder(async (source, target) => {
    await failing(source, target, () => {
      renameSync(target, `${target}.elsewhere`);
      writeFileSync(target, 'mine');
    });
    expect(readFileSync(target, 'utf8')).toBe('mine');
    expect(existsSync(`${target}.elsewhere`)).toBe(true);
  });
});

/** Creates a database in which a bulk is rolled back, on this thread. */
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

test('a new database is removed after a rolled back bulk, unless something else was stored', async () => {
  await inFolder(async (_, target) => {
    await givenUp(target, async () => {});
    expect(existsSync(target)).toBe(false);
    await givenUp(target, (cl) => cl.persistence.setKeyValue(new KeyValue('kept', 'y')));
    expect(nativeRows(target, 'SELECT * FROM cinderlib_persistence_key_value')).toEqual([{ key: 'kept', value: 'y' }]);
  });
});

test('a new database that another program wrote to is kept', async () => {
  await inFolder(async (_, target) => {
    // If a native SQLite could hold the lock, no other program could write.
    const program = execFileSync('sh', ['-c', `command -v ${needed('sqlite3')}`], { encoding: 'utf8' }).trim();
    await withoutNativeSqlite(() =>
      givenUp(target, async () => {
        execFileSync(program, [target, `INSERT INTO cinderlib_persistence_key_value VALUES ('theirs', 'z')`]);
      }),
    );
    expect(nativeRows(target, 'SELECT * FROM cinderlib_persistence_key_value')).toEqual([
      { key: 'theirs', value: 'z' },
    ]);
  });
});

test('a new database that another program wrote to is kept after refresh() too', async () => {
  await inFolder(async (_, target) => {
    const program = execFileSync('sh', ['-c', `command -v ${needed('sqlite3')}`], { encoding: 'utf8' }).trim();
    await withoutNativeSqlite(() =>
      givenUp(target, async (cl) => {
        execFileSync(program, [target, `INSERT INTO cinderlib_persistence_key_value VALUES ('theirs', 'z')`]);
        await cl.refresh();
      }),
    );
    expect(nativeRows(target, 'SELECT * FROM cinderlib_persistence_key_value')).toEqual([
      { key: 'theirs', value: 'z' },
    ]);
  });
});

test.each([false, true])(
  'a new database that is closed while a bulk begins is removed, with worker: %s',
  async (worker) => {
    await inFolder(async (_, target) => {
      const cl = await setup({ persistence_config: at(target), worker });
      const beginning = (cl.persistence as unknown as DatabasePersistence).bulk();
      const closing = cl.close();
      const bulk = await beginning;
      // Whether the worker still answers the commit before it ends depends on what it has to close.
      await expect(bulk.commit()).rejects.toThrow(/No bulk is in progress|closed|lost during commitBulk/);
      await closing;
      expect(existsSync(target)).toBe(false);
    });
  },
);

test('a new database that is closed during the commit of its bulk is kept', async () => {
  await inFolder(async (_, target) => {
    const cl = await setup({ persistence_config: at(target), worker: false });
    const bulk = await (cl.persistence as unknown as DatabasePersistence).bulk();
    await bulk.append([{ kind: 'setKeyValue', key: 'carried', value: 'x' }]);
    const committing = bulk.commit();
    await cl.close();
    await committing;
    expect(nativeRows(target, 'SELECT * FROM cinderlib_persistence_key_value')).toEqual([
      { key: 'carried', value: 'x' },
    ]);
  });
});
