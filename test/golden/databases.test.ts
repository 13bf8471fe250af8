/** Every database that Python's cinderlib wrote, read through the public API: the same dumps, the same answers. */
import { join } from 'node:path';
import { type Cinderlib, setup } from 'cinderlib-wasm';
import { describe, test } from 'vitest';
import {
  copyGolden,
  type GoldenAnswers,
  goldenDatabases,
  goldenJson,
  goldenRevisions,
  inTemporaryFolder,
} from '../support/golden.ts';
import { checkAnswers, checkQueries } from '../support/golden-answers.ts';

const driver = 'cinder.tests.fake_driver.FakeLoggingVolumeDriver';

/** Opens a copy of a golden database with its backends, as the reader that recorded the answers did. */
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

describe.each(goldenDatabases)('the golden database $name', ({ file, expected, backends, queries }) => {
  test('gives the same dumps as Python', async () => {
    await withGolden(file, backends, (cl) => checkAnswers(cl, goldenJson<GoldenAnswers>(expected)));
  });

  test('answers queries with the same ids in the same order', async () => {
    await withGolden(file, backends, (cl) => checkQueries(cl, queries));
  });
});

const readable = goldenRevisions.filter(({ name, opens }) => opens && name !== 'legacy-135');
describe.each(readable)('the golden database at another revision $name', ({ file, expected }) => {
  test('gives the same dumps as Python', async () => {
    const answers = goldenJson<GoldenAnswers>(expected ?? '');
    await withGolden(file, answers.backends, (cl) => checkAnswers(cl, answers));
  });
});

test.each([
  // Times with a zone, with fewer digits or without a fraction, and a volume whose type is the empty text.
  ['another program wrote to', 'odd'],
  ['holds more of Cinder, such as shared and private types, groups and QoS specs without keys,', 'shared'],
])('a database that %s gives the same dumps as Python, in the same order', async (_what, name) => {
  const answers = goldenJson<GoldenAnswers>(`${name}.expected.json.gz`);
  await withGolden(`${name}.sqlite.gz`, answers.backends, async (cl) => {
    await checkAnswers(cl, answers);
    await checkQueries(cl, answers.queries);
  });
});
