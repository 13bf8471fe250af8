/** Files that `setup()` is given: those that it refuses stay as they are, and the others are opened. */
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { setup } from 'cinderlib-wasm';
import { describe, expect, test } from 'vitest';
import { errorOf } from '../../support/error-of.ts';
import { copyGolden, goldenRevisions, inTemporaryFolder } from '../../support/golden.ts';
import { integrity, nativeRows } from '../../support/tables.ts';

const db = (path: string) => ({ persistence_config: { storage: 'db', connection: `sqlite:///${path}` } });

describe('setup() with the path of a database', () => {
  test('in a missing folder fails, and creates no folder', async () => {
    await inTemporaryFolder(async (folder) => {
      const error = await errorOf(setup(db(join(folder, 'missing', 'cl.sqlite'))));
      expect(error.name).toBe('DatabaseUnavailable');
      expect(error.message).toContain(join(folder, 'missing'));
      expect(readdirSync(folder)).toEqual([]);
    });
  });

  test('that is a folder fails', async () => {
    await inTemporaryFolder(async (folder) => {
      mkdirSync(join(folder, 'cl.sqlite'));
      expect((await errorOf(setup(db(join(folder, 'cl.sqlite'))))).name).toBe('DatabaseUnavailable');
      expect(readdirSync(folder)).toEqual(['cl.sqlite']);
    });
  });

  test('in a read-only folder fails', async () => {
    await inTemporaryFolder(async (folder) => {
      const [bundle, target] = [join(folder, 'bundle'), join(folder, 'target')];
      cpSync(new URL('../../../dist/', import.meta.url), bundle, { recursive: true });
      writeFileSync(join(bundle, 'package.json'), '{ "type": "module" }');
      mkdirSync(target, { mode: 0o555 });
      chmodSync(folder, 0o755);
      const options = { persistence_config: { storage: 'db', connection: `sqlite:///${target}/cl.sqlite` } };
      const program =
        `import { setup } from ${JSON.stringify(pathToFileURL(join(bundle, 'index.js')).href)};` +
        `await setup(${JSON.stringify(options)}).catch(({ name, message }) => console.log(name, message));`;
      // Root may write anywhere, so the program runs as nobody.
      const user = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {};
      const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
        encoding: 'utf8',
        ...user,
      });
      expect([stdout.split(' ')[0], stderr]).toEqual(['DatabaseUnavailable', '']);
      expect(stdout).toContain(target);
      expect(readdirSync(target)).toEqual([]);
      chmodSync(target, 0o755);
    });
  });
});

describe('setup() with a file', () => {
  const cases: readonly (readonly [string, (path: string) => void, string])[] = [
    [
      'that is text',
      (path) => writeFileSync(path, 'This is not a database, but a letter to a friend.'.repeat(50)),
      'NotADatabase',
    ],
    [
      'that is a picture',
      (path) => writeFileSync(path, Buffer.from([0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10, 0, 0])),
      'NotADatabase',
    ],
    ['of one byte', (path) => writeFileSync(path, 'x'), 'NotADatabase'],
    ['that is truncated in the header', (path) => truncateSync(copyGolden('one.sqlite', path), 50), 'DatabaseCorrupt'],
    [
      'that is truncated in the schema',
      (path) => truncateSync(copyGolden('one.sqlite', path), 4096 * 2),
      'DatabaseCorrupt',
    ],
    [
      'whose first page is overwritten',
      (path) => overwrite(copyGolden('one.sqlite', path), 100, 3996),
      'DatabaseCorrupt',
    ],
  ];

  test.each(cases)('%s fails, and leaves the file as it is', async (_name, make, errorName) => {
    await inTemporaryFolder(async (folder) => {
      const path = join(folder, 'cl.sqlite');
      make(path);
      const before = [readFileSync(path), statSync(path).mtimeMs] as const;
      expect((await errorOf(setup(db(path)))).name).toBe(errorName);
      expect(readFileSync(path).equals(before[0])).toBe(true);
      expect(statSync(path).mtimeMs).toBe(before[1]);
      expect(readdirSync(folder)).toEqual(['cl.sqlite']);
    });
  });

  test('with a corrupt page opens it, and only reads of that page fail', async () => {
    await inTemporaryFolder(async (folder) => {
      const path = copyGolden('rich.sqlite', join(folder, 'cl.sqlite'));
      // A leaf page of the table volumes, found by a text in it.
      const bytes = readFileSync(path);
      const place = bytes.indexOf('lvm_iscsi#') & ~4095;
      overwrite(path, place, 4096);
      const cl = await setup({ ...db(path), fail_on_missing_backend: false });
      expect((await errorOf(cl.persistence.getVolumes())).name).toBe('DatabaseCorrupt');
      expect((await cl.persistence.getKeyValues()).length).toBe(11);
      await cl.close();
    });
  });

  test('of no bytes makes it a new database', async () => {
    await inTemporaryFolder(async (folder) => {
      const path = join(folder, 'cl.sqlite');
      writeFileSync(path, '');
      const cl = await setup(db(path));
      expect((await cl.info()).revision).toBe('c92a3e68beed');
      await cl.close();
      expect(integrity(path)).toBe('ok');
    });
  });
});

function overwrite(path: string, start: number, length: number): void {
  const bytes = readFileSync(path);
  bytes.fill(0xa5, start, start + length);
  writeFileSync(path, bytes);
}

describe('a database at another revision', () => {
  const refused = goldenRevisions.filter(({ name, opens }) => !opens || name === 'legacy-135');
  test.each(refused)('$name is refused and not changed', async ({ file, name }) => {
    await inTemporaryFolder(async (folder) => {
      const path = copyGolden(file, join(folder, 'cl.sqlite'));
      const before = readFileSync(path);
      const error = await errorOf(setup(db(path)));
      expect(error.name).toBe(name.includes('default-type') ? 'VolumeTypeNotFoundByName' : 'SchemaError');
      expect(error).toHaveProperty('path', path);
      // The other message is the original's.
      if (error.name === 'SchemaError') expect(error.message.startsWith(`${path}: The database`)).toBe(true);
      else expect(error.message).toBe('Volume type with name __DEFAULT__ could not be found.');
      if (name === 'legacy-135') expect(error.message).toMatch(/135.*Xena.*2023\.1/s);
      expect(readFileSync(path).equals(before)).toBe(true);
      expect(readdirSync(folder)).toEqual(['cl.sqlite']);
    });
  });

  const opened = goldenRevisions.filter(({ name, opens }) => opens && name !== 'legacy-135');
  test.each(opened)('$name opens and is left as the original leaves it', async ({ file, after }) => {
    await inTemporaryFolder(async (folder) => {
      const path = copyGolden(file, join(folder, 'cl.sqlite'));
      const cl = await setup({ ...db(path), fail_on_missing_backend: false });
      await cl.close();
      const tables = nativeRows(path, "SELECT name FROM sqlite_master WHERE type = 'table'").map(({ name }) => name);
      const column = (name: string, table: string) =>
        nativeRows(path, `SELECT ${name} AS it FROM ${table}`).map(({ it }) => it);
      expect(tables.length).toBe(after.tables);
      expect(tables.includes('cinderlib_persistence_key_value')).toBe(after.has_key_value_table);
      expect(column('version_num', 'alembic_version')).toEqual(after.alembic_version);
      if (after.migrate_version !== null) expect(column('version', 'migrate_version')).toEqual(after.migrate_version);
      else expect(tables).not.toContain('migrate_version');
      expect(integrity(path)).toBe('ok');
    });
  });
});
