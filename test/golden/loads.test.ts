/** Randomly damaged dumps, and the outcome of loading each in Python's cinderlib, which must be the same here. */
import { type Snapshot, setup, type Volume } from 'cinderlib-wasm';
import { expect, test } from 'vitest';
import { goldenJson } from '../support/golden.ts';

interface LoadCase {
  readonly input: string;
  /** The text of the loaded object, and its marks of change. */
  readonly ok?: readonly [jsons: string, changes: readonly string[]];
  /** The class of the error, if loading failed. */
  readonly error?: string;
}

const { backends, cases } = goldenJson<{ backends: readonly string[]; cases: readonly LoadCase[] }>('loads.json.gz');

test('randomly changed dumps load as in the original, or fail with the same error', async () => {
  await using cl = await setup({ worker: false });
  const volume_driver = 'cinder.tests.fake_driver.FakeLoggingVolumeDriver';
  for (const name of backends) await cl.backend({ volume_backend_name: name, volume_driver });
  for (const [place, { input, ok, error }] of cases.entries()) {
    const outcome = await cl.load(input).then(
      (loaded) => ({ ok: [textOf(loaded), marksOf(loaded)] }),
      (reason: unknown) => ({ error: reason instanceof Error ? reason.name : String(reason) }),
    );
    expect({ place, ...outcome }).toEqual(ok === undefined ? { place, error } : { place, ok });
  }
  expect(cases.filter(({ ok }) => ok !== undefined).length).toBeGreaterThan(50);
});

interface WildcardGolden {
  readonly backends: readonly string[];
  readonly input: string;
  readonly jsons: string;
  /** The backend of each object, by its id. */
  readonly volumes: Readonly<Record<string, string>>;
  readonly snapshots: Readonly<Record<string, string>>;
}

test('a volume listed under a backend other than its own is loaded with its own', async () => {
  const golden = goldenJson<WildcardGolden>('wildcard-backends.json');
  await using cl = await setup({ worker: false });
  const volume_driver = 'cinder.tests.fake_driver.FakeLoggingVolumeDriver';
  for (const name of golden.backends) await cl.backend({ volume_backend_name: name, volume_driver });
  await cl.load(golden.input, { save: true });
  expect(await cl.jsons()).toBe(golden.jsons);
  const backends = (objects: readonly (Volume | Snapshot)[]) =>
    Object.fromEntries(objects.map(({ id, backend }) => [id, typeof backend === 'string' ? backend : backend.id]));
  expect(backends(await cl.persistence.getVolumes())).toEqual(golden.volumes);
  expect(backends(await cl.persistence.getSnapshots())).toEqual(golden.snapshots);
});

type Loaded = Awaited<ReturnType<Awaited<ReturnType<typeof setup>>['load']>>;

function textOf(loaded: Loaded | Loaded[]): string {
  if (!('ovo' in loaded)) throw new Error('One volume, snapshot or connection was expected.');
  return loaded.jsons();
}

function marksOf(loaded: Loaded | Loaded[]): readonly string[] {
  return 'ovo' in loaded ? [...loaded.ovo.changedFields].sort() : [];
}
