/** Databases of Python's cinderlib, migrated from file to memory to file to JSON to file: every dump stays the same. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type MigrationReport, migrate, type PersistenceConfig, setup } from 'cinderlib-wasm';
import { describe, expect, test, vi } from 'vitest';
import { NoteBook } from '../../examples/support/note-book.ts';
import { expectArrived } from '../support/arrived.ts';
import { cli } from '../support/cli.ts';
import { copyGolden, type GoldenAnswers, goldenJson, inTemporaryFolder } from '../support/golden.ts';

// Each test opens several databases, on machines that are busy with other work.
vi.setConfig({ testTimeout: 180_000 });

const at = (path: string): PersistenceConfig => ({ storage: 'db', connection: `sqlite:///${path}` });

async function open(config: PersistenceConfig) {
  return setup({ persistence_config: config, fail_on_missing_backend: false });
}

function expectWhole(report: MigrationReport, { volumes, snapshots, connections, key_values }: GoldenAnswers): void {
  expect(report.differences).toEqual([]);
  expect(report).toMatchObject({
    volumes: Object.keys(volumes).length,
    snapshots: Object.keys(snapshots).length,
    connections: Object.keys(connections).length,
    key_values: key_values.length,
  });
}

function answers(name: string): GoldenAnswers {
  return goldenJson(`${name}.expected.json${name === 'specs' ? '' : '.gz'}`);
}

describe.each(['rich', 'unicode', 'softdel', 'keyvalues', 'specs', 'nonuuid'])('%s', (name) => {
  const expected = answers(name);

  test('is unchanged after migrating from file to memory to file to JSON to file', async () => {
    await inTemporaryFolder(async (folder) => {
      const source = copyGolden(`${name}.sqlite`, join(folder, 'source.sqlite'));
      const bytes = readFileSync(source);
      const memory = await open({ storage: 'memory' });
      expectWhole(await migrate(at(source), { storage: memory.persistence }), expected);
      // The source file is unchanged.
      expect(readFileSync(source).equals(bytes)).toBe(true);
      expect(memory.persistence.isOpen).toBe(true);
      const second = join(folder, 'second.sqlite');
      expectWhole(await migrate({ storage: memory.persistence }, at(second)), expected);
      await memory.close();
      const json = join(folder, 'dump.json');
      expect(await cli(['convert', second, json])).toMatchObject({ code: 0 });
      const third = join(folder, 'third.sqlite');
      expect(await cli(['convert', json, third, '--json'])).toMatchObject({ code: 0 });
      for (const path of [second, third]) {
        const cl = await open(at(path));
        try {
          await expectArrived(cl, expected);
        } finally {
          await cl.close();
        }
      }
    });
  });
});

test.each(['rich', 'unicode', 'specs'])(
  '%s is unchanged after migrating through a plugin that stores texts',
  async (name) => {
    const expected = answers(name);
    await inTemporaryFolder(async (folder) => {
      const source = copyGolden(`${name}.sqlite`, join(folder, 'source.sqlite'));
      const plugin = new NoteBook();
      expectWhole(await migrate(at(source), { storage: plugin }), expected);
      const back = join(folder, 'back.sqlite');
      expectWhole(await migrate({ storage: plugin }, at(back)), expected);
      const cl = await open(at(back));
      try {
        await expectArrived(cl, expected);
      } finally {
        await cl.close();
      }
    });
  },
);

test('5,000 volumes are unchanged after migrating from file to memory_db and to another file', async () => {
  const expected = goldenJson<GoldenAnswers & { order_sha256: Record<string, string> }>('many.expected.json.gz');
  await inTemporaryFolder(async (folder) => {
    const source = copyGolden('many.sqlite.gz', join(folder, 'source.sqlite'));
    const middle = await open({ storage: 'memory_db' });
    const report = await migrate(at(source), { storage: middle.persistence });
    expect(report).toMatchObject({ volumes: 5000, differences: [], not_carried: [] });
    const target = join(folder, 'target.sqlite');
    const last = await migrate({ storage: middle.persistence }, at(target));
    expect(last).toMatchObject({ volumes: 5000, snapshots: report.snapshots, differences: [], not_carried: [] });
    await middle.close();
    const cl = await open(at(target));
    try {
      const hash = (objects: readonly { readonly id: string }[]): string =>
        createHash('sha256')
          .update(objects.map(({ id }) => id).join())
          .digest('hex');
      expect(hash(await cl.persistence.getVolumes())).toBe(expected.order_sha256['get_volumes']);
      expect(hash(await cl.persistence.getSnapshots())).toBe(expected.order_sha256['get_snapshots']);
      const { queries: _, ...samples } = expected;
      await expectArrived(cl, { ...samples, queries: [] });
    } finally {
      await cl.close();
    }
  });
});
