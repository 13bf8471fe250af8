/** What objects print: what identifies them, and no secret. */
import { inspect } from 'node:util';
import { type Backend, type Cinderlib, KeyValue, type Volume } from 'cinderlib-wasm';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { withPools } from '../../support/pooled-backend.ts';
import { recordedContext } from '../../support/recorded-context.ts';
import { type Log, RecordingPersistence } from '../../support/recorder.ts';

let log: Log;
let cl: Cinderlib;
let backend: Backend;

beforeEach(async () => {
  ({ log, cl, backend } = await recordedContext());
});

afterEach(() => cl.close());

/** A new volume, with the log of its creation cleared. */
async function volume(fields: Record<string, unknown> = {}): Promise<Volume> {
  const made = await backend.createVolume(1, fields);
  log.length = 0;
  return made;
}

test('objects print without their secrets', async () => {
  const vol = await volume({ provider_auth: 'CHAP user secret' });
  const secretive = await cl.backend({ volume_backend_name: 's', volume_driver: 'recording', san_password: 'secret' });
  const plugin = new RecordingPersistence(log);
  expect(
    inspect([secretive.driver, secretive, plugin]) + JSON.stringify([secretive.driver, secretive, plugin]),
  ).not.toContain('secret');
  expect([inspect(vol), String(vol), inspect(backend), inspect(new KeyValue('k', 'secret'))]).toEqual([
    `<Volume ${vol.id}, no name, 1 GiB, available>`,
    `<Volume ${vol.id}>`,
    '<Backend b>',
    '<KeyValue k>',
  ]);
});

test('volumes, snapshots and connections print their identifying fields, and no secret', async () => {
  const vol = await volume({ name: 'data', provider_auth: 'CHAP u secret' });
  const snapshot = await vol.createSnapshot({ name: 'line\nbreak' });
  const connection = await vol.connect({ host: 'h' });
  expect(inspect(vol)).toBe(`<Volume ${vol.id}, "data", 1 GiB, in-use>`);
  expect(inspect(snapshot)).toBe(`<Snapshot ${snapshot.id}, "line\\nbreak", 1 GiB, available>`);
  expect(inspect(connection)).toBe(`<Connection ${connection.id} of volume ${vol.id}>`);
  vol.name = 'n'.repeat(1000);
  expect(inspect(vol)).toBe(`<Volume ${vol.id}, a string of 1000 characters, 1 GiB, in-use>`);
  expect(inspect({ deep: [vol] })).toContain(`<Volume ${vol.id}, a string`);
});

describe.each(['memory', 'memory_db'])('on the storage %s', (storage) => {
  let cl: Cinderlib;
  let b: Backend;
  beforeEach(async () => {
    ({ cl, b } = await withPools(storage));
  });
  afterEach(() => cl.close());

  test('JSON.stringify() shows no fields', async () => {
    const vol = await b.createVolume(1, { provider_auth: 'secret' });
    expect(JSON.stringify([vol, b])).toBe(`[{"class":"Volume","id":"${vol.id}"},{"class":"Backend","id":"b"}]`);
  });
});
