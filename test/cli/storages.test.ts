/** The storages that a command has open, and how it closes them. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { dump } from '../../src/cli/commands/dump.ts';
import { Storages } from '../../src/cli/storages.ts';
import type { Terminal } from '../../src/cli/terminal.ts';
import type { PersistenceDriver } from '../../src/persistence/driver.ts';
import { KeyValue } from '../../src/persistence/key-value.ts';
import { setup } from '../../src/setup.ts';
import { cli, parsed, program } from '../support/cli.ts';
import { leaveHotJournal } from '../support/crashed.ts';
import { copyGolden, inTemporaryFolder } from '../support/golden.ts';
import { needsLockTable } from '../support/native-shell.ts';
import { nativeRows, nativeSql } from '../support/tables.ts';

test('close() runs all steps in reverse order, even if some of them fail', async () => {
  const storages = new Storages({} as Terminal);
  const done: string[] = [];
  const failing = (name: string) => async () => {
    done.push(name);
    throw new Error(name);
  };
  storages.atEnd(() => void done.push('first'));
  storages.atEnd(failing('second'));
  storages.atEnd(failing('third'));
  await expect(storages.close()).rejects.toThrow('third');
  expect(done).toEqual(['third', 'second', 'first']);
});

test('a second close() waits for the one under way', async () => {
  const storages = new Storages({} as Terminal);
  const done: string[] = [];
  storages.atEnd(async () => {
    await new Promise((resolve) => setTimeout(resolve, 20));
    done.push('named');
  });
  const closing = storages.close();
  await storages.close();
  expect(done).toEqual(['named']);
  await closing;
});

test('ls reads a dump from a named pipe', { timeout: 60_000 }, async () => {
  await inTemporaryFolder(async (folder) => {
    const path = copyGolden('one.sqlite', join(folder, 'one.sqlite'));
    const commands = '"$0" "$1" ls <("$0" "$1" dump --show-secrets "$2") backends';
    const out = execFileSync('bash', ['-c', commands, process.execPath, program, path], { encoding: 'utf8' });
    expect(out).toMatch(/^name\tvolumes\tsize\n\S+\t1\t/);
  });
});

test('reading commands show the state before a crash, and change no byte', { timeout: 180_000 }, async (context) => {
  needsLockTable(context);
  await inTemporaryFolder(async (folder) => {
    const path = copyGolden('one.sqlite', join(folder, 'one.sqlite'));
    const commands = [
      ['dump', path, '--show-secrets'],
      ['ls', path, '--json'],
      ['check', path],
    ];
    const whole = await Promise.all(commands.map((command) => cli(command)));
    await leaveHotJournal(path);
    const names = ['one.sqlite', 'one.sqlite-journal'];
    const files = (): string[] => names.map((name) => readFileSync(join(folder, name), 'hex'));
    const before = files();
    expect(readFileSync(path).includes('theirs')).toBe(true);
    expect(await Promise.all(commands.map((command) => cli(command)))).toEqual(whole);
    expect(files()).toEqual(before);
    // The database can also be migrated in this state.
    const carried = await cli(['migrate', path, join(folder, 'new.sqlite'), '--json']);
    expect(parsed(carried)).toMatchObject({ volumes: 1, differences: [] });
    expect(files()).toEqual(before);
  });
});

test('ls notes how many objects of a file it cannot show, and copying that file ends with code 3', {
  timeout: 180_000,
}, async () => {
  await inTemporaryFolder(async (folder) => {
    const path = copyGolden('rich.sqlite', join(folder, 'rich.sqlite'));
    const [{ lost } = {}] = nativeRows(
      path,
      'SELECT volume_id AS lost, count(*) AS n FROM snapshots GROUP BY 1 ORDER BY n DESC',
    );
    nativeSql(path, `UPDATE volumes SET deleted = 1 WHERE id = '${lost}'`);
    const [{ n } = {}] = nativeRows(path, `SELECT count(*) AS n FROM snapshots WHERE volume_id = '${lost}'`);
    const { out: input } = await cli(['dump', path, '--show-secrets']);
    const { out, err } = await cli(['ls', '-', 'snapshots'], { input });
    expect(err).toBe(`note: ${n} snapshots in the file cannot be shown: the volume is missing.\n`);
    const [{ all } = {}] = nativeRows(path, 'SELECT count(*) AS "all" FROM snapshots WHERE NOT deleted');
    expect(out.trimEnd().split('\n').length - 1).toBe(Number(all) - Number(n));
    expect((await cli(['ls', '-', '--json'], { input })).err).toBe('');
    expect(parsed(await cli(['info', '-', '--json'], { input }))).toMatchObject({
      not_shown: [{ kind: 'snapshot', count: n, why: 'the volume is missing' }],
    });
    const loaded = await cli(['load', '-', join(folder, 'loaded.sqlite')], { input });
    expect(loaded).toMatchObject({
      code: 3,
      out: expect.stringContaining('Verified: the target matches what was copied'),
    });
    for (const command of ['migrate', 'convert']) {
      const copied = await cli([command, path, join(folder, `${command}.sqlite`)]);
      expect([copied.code, copied.out.split('\n')[1]]).toEqual([
        3,
        expect.stringContaining(`not copied: ${n} × snapshot`),
      ]);
    }
    // JSON has a place for them.
    expect(await cli(['convert', path, join(folder, 'converted.json')])).toMatchObject({ code: 0 });
  });
});

test('a dump fails if the database changes while it is written', async () => {
  await inTemporaryFolder(async (folder) => {
    const path = copyGolden('rich.sqlite', join(folder, 'rich.sqlite'));
    const open = (read_only: boolean) =>
      setup({
        persistence_config: { storage: 'db', connection: `sqlite:///${path}`, read_only },
        fail_on_missing_backend: false,
        worker: false,
      });
    const reader = await open(true);
    const writer = await open(false);
    const options = { keyValues: true, mask: (value: unknown) => value, isOutputClosed: () => false };
    let written = 0;
    const write = (change: () => Promise<void>) => async () => {
      if (written++ === 10) await change();
    };
    try {
      await dump(
        reader.persistence,
        write(async () => {}),
        options,
      );
      expect(written).toBeGreaterThan(55);
      written = 0;
      const change = () => writer.persistence.setKeyValue(new KeyValue('k', 'v'));
      const changed = dump(reader.persistence, write(change), options);
      await expect(changed).rejects.toMatchObject({ name: 'SourceChanged', code: 'SOURCE_CHANGED' });
    } finally {
      await reader.close();
      await writer.close();
    }
  });
});

test('a dump stops reading when its reader has gone', async () => {
  let read = 0;
  const storage = {
    async *iterateVolumes() {
      const volume = { dump: async () => ({ class: 'Volume' }), ovo: { children: () => [] }, volume_type: null };
      for (; read < 100; ) yield { ...volume, id: String(++read) };
    },
    getSnapshots: () => Promise.reject(new Error('nobody wants them')),
  } as unknown as PersistenceDriver;
  let written = '';
  const write = async (text: string) => {
    written += text;
  };
  const isOutputClosed = () => written.split('\n').length > 3;
  await dump(storage, write, { keyValues: true, mask: (value) => value, isOutputClosed });
  expect(read).toBeLessThan(10);
});
