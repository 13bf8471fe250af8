/** A volume that is being created: in flight until it or its failure is saved, and named by the error. */
import { type Backend, registerVolumeDriver, type Volume } from 'cinderlib-wasm';
import { beforeEach, describe, expect, test } from 'vitest';
import { failureOf } from '../../support/failure-of.ts';
import { type Log, RecordingPersistence, recordingDriver, type Script } from '../../support/recorder.ts';
import { useContexts } from '../../support/use-contexts.ts';

const start = useContexts();

describe('a volume that is being created', () => {
  let log: Log;
  let script: Script;
  let persistence: RecordingPersistence;
  let backend: Backend;
  /** For each call of the driver or the storage, how many volumes were in flight. */
  let inFlight: string[];

  beforeEach(async () => {
    log = [];
    script = new Map();
    inFlight = [];
    const note = (call: string): void => void inFlight.push(`${call} ${backend.volumesInFlight.size}`);
    registerVolumeDriver(
      'watched',
      class extends recordingDriver(log, script) {
        override createVolume() {
          note('create');
          return super.createVolume();
        }
        override createClonedVolume() {
          note('clone');
          return super.createClonedVolume();
        }
        override createVolumeFromSnapshot() {
          note('from snapshot');
          return super.createVolumeFromSnapshot();
        }
      },
    );
    persistence = new (class extends RecordingPersistence {
      override async setVolume(volume: Volume) {
        note(`save ${backend.volumesInFlight.get(volume.id) === volume ? 'of it' : 'of another'}`);
        await super.setVolume(volume);
      }
    })(log);
    ({ backend } = await start(persistence, 'watched'));
  });

  test('is in flight from the driver call until it is saved', async () => {
    const volume = await backend.createVolume(1);
    expect(backend.volumesInFlight.size).toBe(0);
    await volume.clone();
    const snapshot = await volume.createSnapshot();
    await snapshot.createVolume();
    const saved = 'save of it 1';
    expect(inFlight).toEqual(['create 1', saved, 'clone 1', saved, 'from snapshot 1', saved]);
    expect(backend.volumesInFlight.size).toBe(0);
  });

  test('is in flight until its failure is saved', async () => {
    script.set('createVolume', new Error('boom'));
    await failureOf(backend.createVolume(1));
    expect(inFlight).toEqual(['create 1', 'save of it 1']);
    expect(backend.volumesInFlight.size).toBe(0);
  });

  test('is no longer in flight once saving it failed', async () => {
    persistence.failures.set('setVolume', new Error('disk full'));
    await failureOf(backend.createVolume(1));
    expect(backend.volumesInFlight.size).toBe(0);
  });

  test.each([
    ['create', async () => backend.createVolume(1)],
    ['clone', async (volume: Volume) => volume.clone()],
    ['extend', async (volume: Volume) => volume.extend(2)],
  ])('is named by the error of %s if it could not be stored', async (name, operation) => {
    const volume = await backend.createVolume(1);
    const full = new Error('disk full');
    persistence.failures.set('setVolume', full);
    const error = await failureOf(operation(volume));
    expect(error).toBe(full);
    // Each of the operations concerns a volume.
    const resource = error.resource as Volume;
    expect(resource.status).toBe(name === 'extend' ? 'available' : 'error');
    expect(resource === volume).toBe(name === 'extend');
  });

  test('has no part in the error of a snapshot that could not be stored, which names the snapshot', async () => {
    const volume = await backend.createVolume(1);
    const full = new Error('disk full');
    persistence.failures.set('setSnapshot', full);
    const error = await failureOf(volume.createSnapshot({ name: 's' }));
    expect(error).toBe(full);
    expect(error.resource).toMatchObject({ volume_id: volume.id, name: 's', status: 'error' });
  });
});
