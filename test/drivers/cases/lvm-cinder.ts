/** One volume group, two drivers: Cinder's own finds, changes and deletes what ours made, and the other way round. */
import { type Backend, type Cinderlib, type Snapshot, setup, type Volume } from 'cinderlib-wasm';
import { type Case, equal } from '../../support/cases.ts';
import {
  CinderDriver,
  type CinderPool,
  type CinderSnapshot,
  type CinderVolume,
  type LvmType,
} from './cinder-driver.ts';
import { devicePath, fill, group, logicalVolumes, onDisk, removeVolumes } from './volume-group.ts';

interface Both {
  readonly lvm_type: LvmType;
  readonly cl: Cinderlib;
  readonly backend: Backend;
  readonly cinder: CinderDriver;
}

const cinderVolume = ({ id, size }: Volume): CinderVolume => ({ id, size: Number(size) });
const cinderSnapshot = ({ id, volume_id, volume_size }: Snapshot): CinderSnapshot => {
  return { id, volume_id: String(volume_id), volume_size: Number(volume_size) };
};

/** What both report of capacities, rounded as coarsely as the coarser one does. */
function capacities(pool: CinderPool): unknown {
  const inTenths = (name: string): number => Math.round(Number(pool[name]) * 10);
  const amounts = ['total_capacity_gb', 'free_capacity_gb', 'provisioned_capacity_gb'].map(inTenths);
  const names = ['location_info', 'total_volumes', 'thin_provisioning_support', 'thick_provisioning_support'];
  return [...amounts, ...names.map((name) => pool[name])];
}

async function ourPool(backend: Backend): Promise<CinderPool> {
  const { pools } = await backend.stats({ refresh: true });
  return (pools as readonly CinderPool[])[0] ?? {};
}

/** Fails unless the volumes hold these texts. */
function holds(texts: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(texts)) {
    equal([name, onDisk(devicePath(name)).equals(Buffer.alloc(4096, text))], [name, true]);
  }
}

/** Blocks are copied by dd whoever does it: worth its time only where there is time for more of everything. */
function copies(lvm_type: LvmType): boolean {
  return lvm_type === 'thin' || process.env['CINDERLIB_ROUNDS'] !== undefined;
}

const cases: readonly (readonly [name: string, body: (both: Both) => Promise<void>])[] = [
  [
    "Cinder's driver finds, copies, extends and deletes the volumes our driver made",
    async ({ lvm_type, backend, cinder }) => {
      const volume = await backend.createVolume(1);
      const name = `volume-${volume.id}`;
      fill(devicePath(name), 'ours');
      const snapshot = await volume.createSnapshot();
      fill(devicePath(name), 'later');
      const { [`${group}-pool`]: pool, ...volumes } = await cinder.call(lvm_type, 'volumes');
      equal([pool !== undefined, Object.keys(volumes).length], [lvm_type === 'thin', 2]);
      // A snapshot that is not thin has room for what LVM notes of it.
      equal([volumes[name], volumes[`_snapshot-${snapshot.id}`]], [1, lvm_type === 'thin' ? 1 : 1.01]);
      equal(capacities(await cinder.call(lvm_type, 'stats')), capacities(await ourPool(backend)));

      if (copies(lvm_type)) {
        const copy = { id: crypto.randomUUID(), size: 1 };
        await cinder.call(lvm_type, 'create_volume_from_snapshot', copy, cinderSnapshot(snapshot));
        holds({ [`volume-${copy.id}`]: 'ours', [name]: 'later' });
        await cinder.call(lvm_type, 'delete_volume', copy);
      }
      await cinder.call(lvm_type, 'delete_snapshot', cinderSnapshot(snapshot));
      await cinder.call(lvm_type, 'extend_volume', cinderVolume(volume), 2);
      equal(logicalVolumes().get(name), 2);
      holds({ [name]: 'later' });
      await cinder.call(lvm_type, 'delete_volume', cinderVolume(volume));
      equal([...logicalVolumes().keys()], []);
      // What is gone is deleted without an error.
      await snapshot.delete();
      await volume.delete();
    },
  ],
  [
    "our driver copies, extends and deletes the volumes Cinder's driver made",
    async ({ lvm_type, cl, backend, cinder }) => {
      // Objects to take the dumps of: Cinder's come from a database, which another test has.
      const like = await backend.createVolume(1);
      const snapshotLike = await like.createSnapshot();
      const ids = [crypto.randomUUID(), crypto.randomUUID()] as const;
      const text = (of: Volume | Snapshot): string =>
        of.toJsons().replaceAll(like.id, ids[0]).replaceAll(snapshotLike.id, ids[1]);
      const dumps = [text(like), text(snapshotLike)] as const;
      await snapshotLike.delete();
      await like.delete();
      const volume = (await cl.load(dumps[0], { save: true })) as Volume; // The dump says what it is of.
      const snapshot = (await cl.load(dumps[1], { save: true })) as Snapshot;

      const name = `volume-${ids[0]}`;
      await cinder.call(lvm_type, 'create_volume', cinderVolume(volume));
      fill(devicePath(name), 'theirs');
      await cinder.call(lvm_type, 'create_snapshot', cinderSnapshot(snapshot));
      fill(devicePath(name), 'later');
      equal([...logicalVolumes().keys()].sort(), [`_snapshot-${ids[1]}`, name].sort());
      if (copies(lvm_type)) {
        const copy = await snapshot.createVolume();
        holds({ [`volume-${copy.id}`]: 'theirs', [name]: 'later' });
        await copy.delete();
      }
      await snapshot.delete();
      equal(await volume.extend(2), 2 * 1024 ** 3);
      equal(logicalVolumes().get(name), 2);
      await volume.delete();
      equal([...logicalVolumes().keys()], []);
    },
  ],
];

/** Cinder's driver takes its time to start: there is one for all cases. */
export function cinderCases(): Case[] {
  let cinder: CinderDriver | null = null;
  const all = (['default', 'thin'] as const).flatMap((lvm_type) =>
    cases.map(
      ([name, body]): Case => [
        `${name} (${lvm_type})`,
        async () => {
          cinder ??= new CinderDriver(process.env['CINDER'] ?? '');
          const cl = await setup();
          try {
            const backend = await cl.backend({
              volume_backend_name: 'lvm',
              volume_driver: 'cinder.volume.drivers.lvm.LVMVolumeDriver',
              lvm_type,
              volume_clear_size: 1,
            });
            await body({ lvm_type, cl, backend, cinder });
          } finally {
            await cl.close();
            removeVolumes();
          }
        },
      ],
    ),
  );
  return [...all, ["the program of Cinder's driver ends without an error", async () => cinder?.end()]];
}
