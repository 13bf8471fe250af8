/** Input that Python's cinderlib fails for, or drops in part, and what becomes of it here: see docs/differences.md. */
import { type Backend, type Cinderlib, InvalidQoSSpecs, registerVolumeDriver, setup } from 'cinderlib-wasm';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Log, recordingDriver, type Script } from '../../support/recorder.ts';

let script: Script;
let cl: Cinderlib;
let backend: Backend;

beforeEach(async () => {
  const log: Log = [];
  script = new Map();
  registerVolumeDriver('recording', recordingDriver(log, script));
  cl = await setup({ persistence_config: { storage: 'memory_db' }, host: 'h' });
  backend = await cl.backend({ volume_backend_name: 'b', volume_driver: 'recording' });
});

afterEach(() => cl.close());

const stored = (id: string) => cl.Volume.getById(id);

test('the names of the fields can be given instead of name and description', async () => {
  const { id } = await backend.createVolume(1, { display_name: 'x', display_description: 'y' });
  expect(await stored(id)).toMatchObject({ display_name: 'x', display_description: 'y' });
});

test('null metadata is none, of a new volume and in the answer of a driver', async () => {
  const { id } = await backend.createVolume(1, { metadata: null });
  expect((await stored(id)).metadata).toEqual({});
  script.set('createVolume', { metadata: null });
  const answered = await backend.createVolume(1, { metadata: { a: '1' } });
  expect((await stored(answered.id)).metadata).toEqual({});
});

test('what no volume has is ignored in the answer of a driver', async () => {
  script.set('createVolume', { name: 'other', provider_id: '1' });
  const { id } = await backend.createVolume(1, { name: 'n' });
  expect(await stored(id)).toMatchObject({ display_name: 'n', provider_id: '1' });
});

test('volumes can share a type', async () => {
  const first = await backend.createVolume(1, { extra_specs: { tier: 'gold' } });
  const second = await backend.createVolume(1, { volume_type_id: first.volume_type_id });
  expect((await stored(second.id)).volume_type?.extra_specs).toEqual({ tier: 'gold' });
});

test('an empty pool is the first one, as no pool is', async () => {
  expect((await backend.createVolume(1, { pool_name: '' })).host).toBe('h@b#pool');
});

test('a dump without volume_type_id can be saved', async () => {
  const { json, id } = await backend.createVolume(1, { name: 'n' }).then(async (volume) => {
    const json = JSON.parse(volume.jsons());
    delete json.ovo['versioned_object.data'].volume_type_id;
    await volume.delete();
    return { json, id: volume.id };
  });
  await cl.load(json, { save: true });
  expect((await stored(id)).display_name).toBe('n');
});

test('a QoS spec named consumer is refused, not dropped', async () => {
  const creating = backend.createVolume(1, { qos_specs: { consumer: 'front-end', iops: '1' } });
  await expect(creating).rejects.toThrow(InvalidQoSSpecs);
  expect(await cl.persistence.getVolumes()).toEqual([]);
});

test('the configuration of a backend is dumped as it was given', async () => {
  await using all = await setup({ output_all_backend_info: true });
  const options = {
    volume_backend_name: 'b',
    volume_driver: 'recording',
    reserved_percentage: '5',
    use_chap_auth: 'yes',
  };
  const volume = await (await all.backend(options)).createVolume(1);
  expect(JSON.parse(volume.jsons()).backend).toEqual(options);
});
