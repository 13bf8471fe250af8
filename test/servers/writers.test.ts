/**
 * Eight processes write to one database at the same time, both to objects of their own and to the same rows: no update
 * is lost. 240 operations; CINDERLIB_ROUNDS=5000 for as many.
 */
import { setup, type Volume } from 'cinderlib-wasm';
import { describe, expect, test } from 'vitest';
import { contentsOf } from '../support/contents.ts';
import { differences, type Model } from '../support/operator.ts';
import { startProgram } from '../support/program.ts';
import { Random } from '../support/random.ts';
import { rounds, timeFor } from '../support/rounds.ts';
import { serverKinds, useProgram, useServer } from '../support/server-tests.ts';
import { sharedFields } from '../support/shared-fields.ts';
import type { WriteOptions } from './programs/write.ts';

const driver = 'cinder.tests.fake_driver.FakeLoggingVolumeDriver';
const processes = sharedFields.length;

interface Report {
  readonly model: Model;
  readonly written: Readonly<Record<string, string>>;
  readonly metadata: readonly string[];
  readonly counts: { readonly unknown: number; readonly unavailable: number };
}

const program = useProgram(new URL('./programs/write.ts', import.meta.url));

describe.each(serverKinds)('%s', (kind) => {
  const server = useServer(kind);
  const operations = rounds(240);

  test('concurrent writers lose no update', { timeout: timeFor(operations, 50) }, async (context) => {
    server.require(context);
    const random = new Random();
    const connection = await server.running.createDatabase();
    const cl = await setup({ persistence_config: { storage: 'db', connection } });
    const backend = await cl.backend({ volume_backend_name: 'b', volume_driver: driver });
    const make = () => Promise.all([1, 2, 3].map((size) => backend.createVolume(size)));
    const [shared, models] = [await make(), await make()];
    const contested = models.map((volume) => volume.jsons().replaceAll(volume.id, crypto.randomUUID()));
    for (const volume of models) await volume.delete();
    const like = await shared[0]?.createSnapshot();

    const reports = await Promise.all(
      sharedFields.map(async (_, number) => {
        const options: WriteOptions = {
          ...{ number, steps: Math.ceil(operations / processes), seed: random.below(2 ** 31) },
          ...{ shared: shared.map(({ id }) => id), contested },
        };
        const running = startProgram<Report>([process.execPath, program.path, connection, JSON.stringify(options)]);
        const report = await running.heard(() => true);
        expect(await running.ended).toEqual({ code: 0, errors: '' });
        return report;
      }),
    );

    for (const { counts } of reports) expect(counts).toMatchObject({ unknown: 0, unavailable: 0 });
    const volumes = await Promise.all(shared.map(({ id }) => cl.Volume.getById(id)));
    for (const volume of volumes) expectEveryField(volume, reports);
    const everyMetadata = ['{}', ...reports.flatMap(({ metadata }) => metadata)];
    // Each value was written by one process, and is no mixture of two.
    for (const { metadata } of volumes) expect(everyMetadata).toContain(JSON.stringify(metadata));
    const found = await contentsOf(cl);
    const contestedIds = contested.map((text) => /"id":"([^"]+)"/.exec(text)?.[1]);
    for (const id of [...shared.map((volume) => volume.id), ...contestedIds]) {
      expect(found.delete(`volume ${id}`), `volume ${id}`).toBe(true);
    }
    expect(found.delete(`snapshot ${like?.id}`)).toBe(true);
    for (const number of sharedFields.keys()) expect(found.delete(`key shared ${number}`)).toBe(true);
    expect(
      differences(
        reports.map(({ model }) => model),
        found,
      ),
      `CINDERLIB_SEED=${random.seed}`,
    ).toEqual([]);
    await cl.close();
  });

  test('concurrent replacements of metadata leave the metadata of one of them', async (context) => {
    server.require(context);
    const connection = await server.running.createDatabase();
    const open = () => setup({ persistence_config: { storage: 'db', connection }, fail_on_missing_backend: false });
    const [one, other] = [await open(), await open()];
    const backend = await one.backend({ volume_backend_name: 'b', volume_driver: driver });
    const volume = await backend.createVolume(1);
    const text = (await one.Volume.getById(volume.id)).jsons();
    const dump = (metadata: Record<string, string>): unknown => {
      const value = JSON.parse(text);
      Object.assign(value.ovo['versioned_object.data'], { metadata });
      return value;
    };
    for (let round = 0; round < 20; round++) {
      const metadata = ['a', 'b'].map((key) => ({ [`${key} ${round}`]: key, by: key, of: String(round) }));
      // The row of the volume does not change: only the lock keeps the two writers apart.
      await Promise.all([one, other].map((cl, place) => cl.load(dump(metadata[place] ?? {}), { save: true })));
      expect(metadata).toContainEqual({ ...(await one.Volume.getById(volume.id)).metadata });
    }
    await one.close();
    await other.close();
  });
});

/** Each process wrote one field of the row: the last value of each must be there. */
function expectEveryField(volume: Volume, reports: readonly Report[]): void {
  for (const [number, field] of sharedFields.entries()) {
    const last = reports[number]?.written[volume.id];
    if (last !== undefined) expect([field, volume[field]]).toEqual([field, last]);
  }
}
