/** An operation whose result certainly cannot be stored is not begun: no driver or connector is called. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import {
  type Backend,
  type Cinderlib,
  type Connection,
  type PersistenceConfig,
  registerConnector,
  registerVolumeDriver,
  type SetupOptions,
  type Snapshot,
  setup,
  type Volume,
} from 'cinderlib-wasm';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  type Log,
  RecordingPersistence,
  recordingConnector,
  recordingDriver,
  type Script,
} from '../../support/recorder.ts';

const log: Log = [];
let folder: string;
let cl: Cinderlib;
let backend: Backend;
let volume: Volume;
let snapshot: Snapshot;
let connection: Connection;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'refused-'));
  const script: Script = new Map([['initializeConnection', { driver_volume_type: 'logged', data: { lun: 1 } }]]);
  registerVolumeDriver('recording', recordingDriver(log, script));
  registerConnector('logged', recordingConnector(log));
});

afterEach(async () => {
  await cl.close();
  rmSync(folder, { recursive: true });
});

/** Opens a storage, and finds or creates one object of each kind there. */
async function open(storage: PersistenceConfig, options: SetupOptions = {}): Promise<void> {
  cl = await setup({ persistence_config: storage, ...options });
  backend = await cl.backend({ volume_backend_name: 'b', volume_driver: 'recording' });
  volume = (await backend.volumes())[0] ?? (await backend.createVolume(1));
  snapshot = (await volume.snapshots())[0] ?? (await volume.createSnapshot());
  connection = (await volume.connections())[0] ?? (await volume.connect({ host: 'h' }));
  await connection.volume();
  volume.local_attach = connection;
}

const operations: readonly (readonly [string, () => Promise<unknown>])[] = [
  ['backend.createVolume()', () => backend.createVolume(1)],
  ['volume.clone()', () => volume.clone()],
  ['volume.extend()', () => volume.extend(2)],
  ['volume.createSnapshot()', () => volume.createSnapshot()],
  ['volume.connect()', () => volume.connect({ host: 'x' })],
  ['volume.attach()', () => volume.attach()],
  ['volume.disconnect()', () => volume.disconnect(connection)],
  ['volume.detach()', () => volume.detach()],
  ['volume.detach() by force', () => volume.detach({ force: true, ignore_errors: true })],
  ['volume.cleanup()', () => volume.cleanup()],
  ['snapshot.createVolume()', () => snapshot.createVolume()],
  ['snapshot.delete()', () => snapshot.delete()],
  ['connection.attach()', () => connection.attach()],
  ['connection.detach()', () => connection.detach()],
  ['connection.disconnect()', () => connection.disconnect()],
  ['volume.delete()', () => volume.delete()],
];

class TakesNone extends RecordingPersistence {
  isFull = false;
  override checkWritable() {
    if (this.isFull) throw new Error('the storage is full');
  }
}

/** Opens each storage, and returns the name of the error with which it refuses. */
const storages: readonly (readonly [string, () => Promise<string>])[] = [
  [
    'that is read_only',
    async () => {
      const file = { storage: 'db', connection: `sqlite:///${join(folder, 'cl.sqlite')}` };
      await open(file);
      await cl.close();
      await open({ ...file, read_only: true });
      return 'ReadOnly';
    },
  ],
  [
    'of a closed context',
    async () => {
      await open({ storage: 'memory_db' });
      await cl.close();
      return 'ContextClosed';
    },
  ],
  [
    'whose worker has ended',
    async () => {
      const workers: Worker[] = [];
      const worker = (): Worker => {
        const made = new Worker(new URL('../../../dist/core-node.js', import.meta.url));
        workers.push(made);
        return made;
      };
      await open({ storage: 'memory_db' }, { worker });
      for (const each of workers) await each.terminate();
      await expect(cl.persistence.getVolumes()).rejects.toMatchObject({ name: 'WorkerLost' });
      return 'WorkerLost';
    },
  ],
  [
    'of a plugin whose checkWritable() throws',
    async () => {
      const plugin = new TakesNone(log);
      await open({ storage: plugin });
      plugin.isFull = true;
      return 'Error';
    },
  ],
];

describe.each(storages)('in a storage %s', (_, prepare) => {
  test('every operation fails before it calls the driver', async () => {
    const name = await prepare();
    const status = [volume.status, snapshot.status];
    log.length = 0;
    const calls: Record<string, unknown> = {};
    for (const [operation, run] of operations) {
      const error = await run().then(
        () => null,
        (thrown: Error) => thrown,
      );
      calls[operation] = [error?.name, ...log.splice(0)];
    }
    expect(calls).toEqual(Object.fromEntries(operations.map(([operation]) => [operation, [name]])));
    // The objects show no trace of the operation either.
    expect([volume.status, snapshot.status]).toEqual(status);
    expect(volume.ovo.changedFields.size + snapshot.ovo.changedFields.size).toBe(0);
  });
});
