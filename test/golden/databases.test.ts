/** Every database that Python's cinderlib wrote, read through the public API: the same texts, the same answers. */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { type Cinderlib, setup } from 'cinderlib-wasm';
import { describe, expect, test } from 'vitest';
import {
  copyGolden,
  type GoldenAnswers,
  type GoldenObject,
  type GoldenQuery,
  type GoldenText,
  goldenDatabases,
  goldenJson,
  goldenRevisions,
  inTemporaryFolder,
} from '../support/golden.ts';

const driver = 'cinder.tests.fake_driver.FakeLoggingVolumeDriver';

/** Opens a copy of a golden with its backends, as the reader that recorded the answers did. */
async function withGolden(file: string, backends: readonly string[], use: (cl: Cinderlib) => Promise<void>) {
  await inTemporaryFolder(async (folder) => {
    const path = copyGolden(file, join(folder, 'golden.sqlite'));
    const cl = await setup({ persistence_config: { storage: 'db', connection: `sqlite:///${path}` } });
    try {
      for (const name of backends) await cl.backend({ volume_backend_name: name, volume_driver: driver });
      await use(cl);
    } finally {
      await cl.close();
    }
  });
}

function expectText(actual: string, expected: GoldenText): void {
  if (typeof expected === 'string') expect(actual).toBe(expected);
  else {
    expect(Buffer.byteLength(actual)).toBe(expected.length);
    expect(createHash('sha256').update(actual).digest('hex')).toBe(expected.sha256);
  }
}

async function expectAnswers(cl: Cinderlib, expected: GoldenAnswers): Promise<void> {
  expectText(await cl.jsons(), expected.cl_jsons);
  expectText(await cl.dumps(), expected.cl_dumps);
  expectText(await cl.jsons(), expected.cl_jsons_after_dumps);
  await cl.refresh();
  for (const [name, text] of Object.entries(expected.backend_jsons)) {
    expectText(await (cl.backends.get(name)?.jsons() ?? ''), text);
  }
  for (const [name, text] of Object.entries(expected.backend_dumps)) {
    expectText(await (cl.backends.get(name)?.dumps() ?? ''), text);
  }
  await expectObjects(expected.volumes, (id) => cl.Volume.getById(id));
  await expectObjects(expected.snapshots, (id) => cl.Snapshot.getById(id));
  await expectObjects(expected.connections, (id) => cl.Connection.getById(id));
  const keyValues = await cl.persistence.getKeyValues();
  expect(keyValues.map(({ key, value }) => [key, value])).toEqual(expected.key_values);
}

type Read = (id: string) => Promise<{
  jsons(): string;
  dumps(): Promise<string>;
  toJsons(): string;
  toDict(): unknown;
}>;

/** Each object is read afresh for each of its texts. */
async function expectObjects(objects: Readonly<Record<string, GoldenObject>>, read: Read): Promise<void> {
  for (const [id, expected] of Object.entries(objects)) {
    expect((await read(id)).jsons()).toBe(expected.jsons);
    expect(await (await read(id)).dumps()).toBe(expected.dumps);
    expect((await read(id)).toJsons()).toBe(expected.simple_jsons);
    expect(JSON.stringify((await read(id)).toDict())).toBe(JSON.stringify(expected.to_dict));
  }
}

async function idsOf(cl: Cinderlib, { method, args }: GoldenQuery): Promise<readonly unknown[]> {
  const { persistence } = cl;
  switch (method) {
    case 'get_volumes':
      return (await persistence.getVolumes(args)).map(({ id }) => id);
    case 'get_snapshots':
      return (await persistence.getSnapshots(args)).map(({ id }) => id);
    case 'get_connections':
      return (await persistence.getConnections(args)).map(({ id }) => id);
    case 'get_key_values':
      return (await persistence.getKeyValues(args['key'])).map(({ key, value }) => [key, value]);
  }
}

describe.each(goldenDatabases)('the golden database $name', ({ file, expected, backends, queries }) => {
  test('gives the texts that Python gave', async () => {
    await withGolden(file, backends, (cl) => expectAnswers(cl, goldenJson<GoldenAnswers>(expected)));
  });

  test('answers queries with the same ids in the same order', async () => {
    await withGolden(file, backends, async (cl) => {
      for (const query of queries) expect([query, await idsOf(cl, query)]).toEqual([query, query.result]);
    });
  });
});

const readable = goldenRevisions.filter(({ name, opens }) => opens && name !== 'legacy-135');
describe.each(readable)('the golden database at another revision $name', ({ file, expected }) => {
  test('gives the texts that Python gave', async () => {
    const answers = goldenJson<GoldenAnswers>(expected ?? '');
    await withGolden(file, answers.backends, (cl) => expectAnswers(cl, answers));
  });
});
