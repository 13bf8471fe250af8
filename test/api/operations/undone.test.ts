/** What a driver has created and the storage does not take: it is deleted again, or the error says what is left. */
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import {
  type Backend,
  type Cinderlib,
  type FakeLoggingVolumeDriver,
  OutcomeUnknown,
  registerVolumeDriver,
  type SetupOptions,
  type Snapshot,
  StorageFailure,
  setup,
  type Volume,
} from 'cinderlib-wasm';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { failureOf } from '../../support/failure-of.ts';
import { type Log, RecordingPersistence, recordingDriver, type Script } from '../../support/recorder.ts';
import { noSmallDisk, SmallDisk } from '../../support/small-disk.ts';

const contexts: Cinderlib[] = [];
afterEach(async () => {
  for (const cl of contexts.splice(0)) await cl.close();
});

async function start(driver: string, options: SetupOptions): Promise<{ cl: Cinderlib; backend: Backend }> {
  const cl = await setup({ host: 'h', ...options });
  contexts.push(cl);
  return { cl, backend: await cl.backend({ volume_backend_name: 'b', volume_driver: driver }) };
}

describe('if a plugin does not store', () => {
  let full: StorageFailure;
  let log: Log;
  let script: Script;
  let persistence: RecordingPersistence;
  let backend: Backend;
  let source: Volume;
  let snapshot: Snapshot;

  beforeEach(async () => {
    full = new StorageFailure('disk full', null, 'ENOSPC');
    log = [];
    script = new Map();
    registerVolumeDriver('recording', recordingDriver(log, script));
    persistence = new RecordingPersistence(log);
    ({ backend } = await start('recording', { persistence_config: { storage: persistence } }));
    source = await backend.createVolume(1);
    snapshot = await source.createSnapshot();
    await backend.volumes();
    log.length = 0;
  });

  /** What is stored, listed and in progress, by id. */
  async function known(): Promise<Record<string, readonly string[]>> {
    const ids = (objects: readonly { readonly id: string }[]) => objects.map(({ id }) => id);
    return {
      volumes: ids(await persistence.getVolumes()),
      snapshots: ids(await persistence.getSnapshots()),
      listed: [...ids(await backend.volumes()), ...ids(await source.snapshots())],
      inProgress: [...backend.volumesInFlight.keys(), ...backend.idsInFlight],
    };
  }

  interface Creation {
    readonly create: () => Promise<Volume | Snapshot>;
    readonly driverCall: string;
    readonly kind: 'Volume' | 'Snapshot';
  }
  const creations: readonly (readonly [string, Creation])[] = [
    ['createVolume()', { create: () => backend.createVolume(1), driverCall: 'createVolume', kind: 'Volume' }],
    ['clone()', { create: () => source.clone(), driverCall: 'createClonedVolume', kind: 'Volume' }],
    [
      'snapshot.createVolume()',
      { create: () => snapshot.createVolume(), driverCall: 'createVolumeFromSnapshot', kind: 'Volume' },
    ],
    ['createSnapshot()', { create: () => source.createSnapshot(), driverCall: 'createSnapshot', kind: 'Snapshot' }],
  ];

  describe.each(creations)('the result of %s', (_, { create, driverCall, kind }) => {
    test('the driver deletes it again, and nothing of it is left', async () => {
      const before = await known();
      persistence.failures.set(`set${kind}`, full);
      const error = await failureOf(create());
      expect(error).toBe(full);
      expect(log).toEqual([`D ${driverCall}`, `P set${kind} available`, `D delete${kind}`]);
      expect(error.resource).toMatchObject({ status: 'error' });
      expect([error.not_saved, error.not_undone]).toEqual([undefined, undefined]);
      expect(await known()).toEqual(before);
    });

    test('and the driver cannot delete it, the error has both reasons, and it is stored if that works by now', async () => {
      const before = await known();
      const busy = new Error('busy');
      script.set(`delete${kind}`, busy);
      persistence.failures.set(`set${kind}`, full);
      const error = await failureOf(create());
      expect(error).toMatchObject({ message: 'disk full', not_undone: busy, not_saved: full });
      const calls = [`D ${driverCall}`, `P set${kind} available`, `D delete${kind}`, `P set${kind} error`];
      expect(log).toEqual(calls);
      expect(error.resource).toMatchObject({ status: 'error' });
      const { volumes, snapshots } = await known();
      expect([volumes, snapshots]).toEqual([before['volumes'], before['snapshots']]);

      const delayed = new Error('timeout');
      persistence.failures.set(`set${kind} available`, delayed);
      persistence.failures.delete(`set${kind}`);
      const other = await failureOf(create());
      expect([other, other.not_undone, other.not_saved]).toEqual([delayed, busy, undefined]);
      const stored = [...(await persistence.getVolumes()), ...(await persistence.getSnapshots())];
      expect(stored.filter(({ status }) => status === 'error')).toEqual([other.resource]);
    });

    test('but may have, it stays', async () => {
      const unknown = new OutcomeUnknown('the connection was lost');
      persistence.failures.set(`set${kind}`, unknown);
      const error = await failureOf(create());
      expect(error).toBe(unknown);
      expect([error.not_saved, error.not_undone]).toEqual([unknown, undefined]);
      expect(log).toEqual([`D ${driverCall}`, `P set${kind} available`]);
      expect(error.resource).toMatchObject({ status: 'available' });
    });

    test('but says so only after it did, it stays', async () => {
      const late = new Error('the answer was lost');
      persistence.afterwards.set(`set${kind}`, late);
      const error = await failureOf(create());
      expect([error, error.not_saved]).toEqual([late, late]);
      expect(log).toEqual([`D ${driverCall}`, `P set${kind} available`]);
    });

    test('it stays if the plugin cannot be read either, unless its error is one that means that nothing is stored', async () => {
      persistence.failures.set(`get${kind}s`, new Error('no connection'));
      const vague = new Error('no connection');
      persistence.failures.set(`set${kind}`, vague);
      expect((await failureOf(create())).not_saved).toBe(vague);
      expect(log).toEqual([`D ${driverCall}`, `P set${kind} available`]);
      persistence.failures.set(`set${kind}`, full);
      await failureOf(create());
      expect(log.at(-1)).toBe(`D delete${kind}`);
      persistence.failures.clear();
    });

    test('with an answer that cannot be used, the driver deletes it again', async () => {
      script.set(driverCall, { metadata: 5 });
      persistence.failures.set(`set${kind}`, full);
      const error = await failureOf(create());
      expect(error).toMatchObject({ name: 'ValueError', resource: { status: 'error' } });
      expect(log).toEqual([`D ${driverCall}`, `P set${kind} error`, `D delete${kind}`]);
    });
  });

  test('a snapshot, its volume can be deleted', async () => {
    await snapshot.delete();
    persistence.failures.set('setSnapshot', full);
    await failureOf(source.createSnapshot());
    await source.delete();
    expect(await persistence.getVolumes()).toEqual([]);
  });

  test('the size of an extended volume, the error says so, and save() can be repeated', async () => {
    persistence.failures.set('setVolume', full);
    const error = await failureOf(source.extend(3));
    expect(error).toMatchObject({ message: 'disk full', resource: source, not_saved: full });
    expect([source.size, source.status, source.ovo.changedFields.has('size')]).toEqual([3, 'available', true]);
    persistence.failures.clear();
    await source.save();
    expect(source.ovo.changedFields.size).toBe(0);
  });
});

describe('in a database', () => {
  const fakeDriver = 'cinder.tests.fake_driver.FakeLoggingVolumeDriver';
  let cl: Cinderlib;
  let backend: Backend;
  let fake: FakeLoggingVolumeDriver;

  async function open(options: SetupOptions): Promise<void> {
    ({ cl, backend } = await start(fakeDriver, { persistence_config: { storage: 'memory_db' }, ...options }));
    fake = backend.driver as FakeLoggingVolumeDriver;
  }

  const created = (): string[] => fake.calls.map(({ method }) => String(method)).filter((name) => /Volume$/.test(name));

  test('a volume whose answer no column can hold is deleted again', async () => {
    await open({ worker: false });
    fake.answer('createVolume', { provider_location: '\ud800' });
    expect(await failureOf(backend.createVolume(1))).toMatchObject({
      name: 'ValueError',
      resource: { status: 'error' },
    });
    expect(created()).toEqual(['createVolume', 'deleteVolume']);
    expect(await cl.persistence.getVolumes()).toEqual([]);
  });

  test('that is closed while a volume is created, the volume is deleted again', async () => {
    await open({ worker: false });
    fake.answer('createVolume', () => cl.close());
    expect(await failureOf(backend.createVolume(1))).toMatchObject({ name: 'ContextClosed' });
    expect(created()).toEqual(['createVolume', 'deleteVolume']);
  });

  describe('whose worker ends', () => {
    const workers: Worker[] = [];
    /** Ends it when the next command is sent, which is lost. */
    let endsWithNext: boolean;

    class Ending extends Worker {
      override postMessage(...message: Parameters<Worker['postMessage']>): void {
        // It must not answer first.
        if (endsWithNext) void this.terminate();
        else super.postMessage(...message);
      }
    }

    beforeEach(async () => {
      endsWithNext = false;
      const worker = (): Worker => {
        const made = new Ending(new URL('../../../dist/core-node.js', import.meta.url));
        workers.push(made);
        return made;
      };
      await open({ worker });
    });

    afterEach(async () => {
      for (const worker of workers.splice(0)) await worker.terminate();
    });

    test('before a volume is stored, the volume is deleted again', async () => {
      fake.answer('createVolume', async () => {
        for (const worker of workers) await worker.terminate();
      });
      expect(await failureOf(backend.createVolume(1))).toMatchObject({ name: 'WorkerLost' });
      expect(created()).toEqual(['createVolume', 'deleteVolume']);
    });

    test('while a volume is stored, the volume stays', async () => {
      fake.answer('createVolume', () => {
        endsWithNext = true;
      });
      const error = await failureOf(backend.createVolume(1));
      expect(error).toMatchObject({ name: 'OutcomeUnknown', resource: { status: 'available' } });
      expect(error.not_saved).toBe(error);
      expect(created()).toEqual(['createVolume']);
      // As docs/errors.md advises.
      const volume = error.resource as Volume;
      const { cl: again } = await start(fakeDriver, { persistence_config: { storage: 'memory_db' }, worker: false });
      await again.load(volume.jsons(), { save: true });
      expect(await again.Volume.getById(volume.id)).toMatchObject({ id: volume.id, status: 'available', size: 1 });
    });
  });
});

test('on a full disk there are as many volumes as rows, and the next one succeeds once there is room', async (context) => {
  const folder = mkdtempSync(join(tmpdir(), 'undone-'));
  const disk = SmallDisk.mount(join(folder, 'disk'), 4);
  if (disk === null) {
    rmSync(folder, { recursive: true });
    return context.skip(`missing: ${noSmallDisk}`);
  }
  try {
    const connection = `sqlite:///${join(disk.path, 'cl.sqlite')}`;
    const cl = await setup({ persistence_config: { storage: 'db', connection }, worker: false });
    contexts.push(cl);
    const directory = join(folder, 'volumes');
    mkdirSync(directory);
    const volume_driver = 'cinderlib_wasm.drivers.FileVolumeDriver';
    const backend = await cl.backend({ volume_backend_name: 'f', volume_driver, directory });
    const onlyRecorded = async () => {
      const recorded = (await cl.persistence.getVolumes()).map(({ id }) => `volume-${id}`);
      expect(readdirSync(directory).sort()).toEqual(recorded.sort());
    };
    const untilFull = async () => {
      for (let more = 100; more > 0; more--) await backend.createVolume(1);
    };
    await backend.createVolume(1);
    disk.fill(0);
    for (const _ of [1, 2]) {
      const error = await failureOf(untilFull());
      expect(error).toMatchObject({ name: 'StorageFailure', errno: 'ENOSPC', resource: { status: 'error' } });
      await onlyRecorded();
    }
    disk.clear();
    await backend.createVolume(1);
    await onlyRecorded();
  } finally {
    for (const cl of contexts.splice(0)) await cl.close();
    disk.unmount();
    rmSync(folder, { recursive: true });
  }
});
