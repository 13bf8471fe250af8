/**
 * Random operations on volumes: after each one `lvs`, the database and a model agree on what there is, and the
 * bytes of what was touched are those that the model says.
 */
import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { type Backend, type Cinderlib, type Snapshot, setup, type Volume } from 'cinderlib-wasm';
import { type Case, equal, failure } from '../../support/cases.ts';
import { Random } from '../../support/random.ts';
import { rounds } from '../../support/rounds.ts';
import { devicePath, logicalVolumes, removeVolumes } from './volume-group.ts';

interface Modelled {
  size: number;
  /** What the first block holds. */
  content: number;
}

const file = '/mnt/random.sqlite';
const block = 4096;
/** In GiB: what volumes with all their room may take of the group in sum. A clone needs its size twice for a moment. */
const room = 11;

class Run {
  readonly #cl: Cinderlib;
  readonly #backend: Backend;
  readonly #random: Random;
  readonly #isThin: boolean;
  readonly #volumes = new Map<string, Modelled>();
  readonly #snapshots = new Map<string, Modelled & { readonly volume: string }>();

  constructor(cl: Cinderlib, backend: Backend, random: Random, isThin: boolean) {
    this.#cl = cl;
    this.#backend = backend;
    this.#random = random;
    this.#isThin = isThin;
  }

  async step(): Promise<string> {
    const names = [
      'create',
      'write',
      'snapshot',
      'clone',
      'restore',
      'extend',
      'shrink',
      'deleteSnapshot',
      'deleteVolume',
    ] as const;
    const name = this.#random.pick(names);
    await this[name]();
    await this.#compare();
    return name;
  }

  async create(): Promise<void> {
    const size = 1 + this.#random.below(2);
    if (this.#volumes.size > 7 || this.#isTooMuch(size)) return this.remove();
    const volume = await this.#backend.createVolume(size);
    this.#volumes.set(volume.id, { size: Number(volume.size), content: 0 });
    this.#check(`volume-${volume.id}`, 0);
  }

  async write(): Promise<void> {
    const volume = await this.#anyVolume();
    if (volume === null) return this.create();
    const content = 1 + this.#random.below(255);
    const input = Buffer.alloc(block, content);
    const { status } = spawnSync(
      'dd',
      [`of=${devicePath(`volume-${volume.id}`)}`, `bs=${block}`, 'iflag=fullblock', 'oflag=direct'],
      { input },
    );
    equal(status, 0);
    this.#modelled(volume.id).content = content;
  }

  async snapshot(): Promise<void> {
    const volume = await this.#anyVolume();
    if (volume === null || this.#snapshots.size > 7) return this.create();
    if (this.#isTooMuch(this.#modelled(volume.id).size)) return this.remove();
    const { id } = await volume.createSnapshot();
    this.#snapshots.set(id, { ...this.#modelled(volume.id), volume: volume.id });
    this.#check(`_snapshot-${id}`, this.#modelled(volume.id).content);
  }

  async clone(): Promise<void> {
    const volume = await this.#anyVolume();
    if (volume === null || this.#volumes.size > 7) return this.create();
    const { size, content } = this.#modelled(volume.id);
    if (this.#isTooMuch(2 * size + 1)) return this.remove();
    const clone = await volume.clone({ size: size + this.#random.below(2) });
    this.#volumes.set(clone.id, { size: Number(clone.size), content });
    this.#check(`volume-${clone.id}`, content);
  }

  async restore(): Promise<void> {
    const snapshot = await this.#anySnapshot();
    if (snapshot === null || this.#volumes.size > 7) return this.create();
    const { size, content } = this.#snapshots.get(snapshot.id) ?? { size: 0, content: 0 };
    if (this.#isTooMuch(size + 1)) return this.remove();
    const copy = await snapshot.createVolume({ size: size + this.#random.below(2) });
    this.#volumes.set(copy.id, { size: Number(copy.size), content });
    this.#check(`volume-${copy.id}`, content);
  }

  async extend(): Promise<void> {
    const volume = await this.#anyVolume();
    if (volume === null) return this.create();
    const modelled = this.#modelled(volume.id);
    if (this.#isTooMuch(1)) return this.remove();
    modelled.size += 1;
    await volume.extend(modelled.size);
    this.#check(`volume-${volume.id}`, modelled.content);
  }

  /** What makes room. */
  async remove(): Promise<void> {
    if (this.#snapshots.size > 0) return this.deleteSnapshot();
    return this.deleteVolume();
  }

  /** Refused; the volume is in error from then on, which nothing here minds. */
  async shrink(): Promise<void> {
    const volume = await this.#anyVolume();
    if (volume === null) return this.create();
    equal((await failure(volume.extend(0))).name, 'InvalidVolume');
  }

  async deleteSnapshot(): Promise<void> {
    const snapshot = await this.#anySnapshot();
    if (snapshot === null) return this.create();
    await snapshot.delete();
    this.#snapshots.delete(snapshot.id);
  }

  async deleteVolume(): Promise<void> {
    const volume = await this.#anyVolume();
    if (volume === null) return this.create();
    if ([...this.#snapshots.values()].some((snapshot) => snapshot.volume === volume.id)) {
      equal((await failure(volume.delete())).name, 'InvalidVolume');
    } else {
      await volume.delete();
      this.#volumes.delete(volume.id);
    }
  }

  async #compare(): Promise<void> {
    const sorted = (entries: Iterable<readonly [string, number]>): unknown =>
      [...entries].sort(([a], [b]) => (a < b ? -1 : 1));
    const model: [string, number][] = [];
    for (const [id, { size }] of this.#volumes) model.push([`volume-${id}`, size]);
    for (const [id, { size }] of this.#snapshots) model.push([`_snapshot-${id}`, size]);
    // A snapshot that is not thin has room for what LVM notes of it too: 8 MiB for each GiB.
    const found = [...logicalVolumes()].map(([name, size]): [string, number] => {
      return [name, this.#isThin || !name.startsWith('_') ? size : Math.floor(size)];
    });
    const database: [string, number][] = [];
    for (const { id, size } of await this.#cl.persistence.getVolumes()) database.push([`volume-${id}`, Number(size)]);
    for (const { id, volume_size } of await this.#cl.persistence.getSnapshots()) {
      database.push([`_snapshot-${id}`, Number(volume_size)]);
    }
    equal(sorted(found), sorted(model));
    equal(sorted(database), sorted(model));
  }

  #check(name: string, content: number): void {
    const { stdout } = spawnSync('dd', [
      `if=${devicePath(name)}`,
      `bs=${block}`,
      'count=1',
      'iflag=direct',
      'status=none',
    ]);
    equal([name, stdout.equals(Buffer.alloc(block, content))], [name, true]);
  }

  /** Thin volumes take what is written to them. */
  #isTooMuch(gibibytes: number): boolean {
    if (this.#isThin) return false;
    const all = [...this.#volumes.values(), ...this.#snapshots.values()];
    return all.reduce((sum, { size }) => sum + size * 1.01, 0) + gibibytes * 1.01 > room;
  }

  #modelled(id: string): Modelled {
    const modelled = this.#volumes.get(id);
    if (modelled === undefined) throw new Error(`The model has no volume ${id}.`);
    return modelled;
  }

  async #anyVolume(): Promise<Volume | null> {
    const [first, ...others] = this.#volumes.keys();
    return first === undefined ? null : this.#cl.Volume.getById(this.#random.pick([first, ...others]));
  }

  async #anySnapshot(): Promise<Snapshot | null> {
    const [first, ...others] = this.#snapshots.keys();
    return first === undefined ? null : this.#cl.Snapshot.getById(this.#random.pick([first, ...others]));
  }
}

export function randomCase(lvm_type: 'thin' | 'default'): Case {
  return [
    'random operations leave the disks and the database as a model predicts',
    async () => {
      const random = new Random();
      const steps: string[] = [];
      const cl = await setup({ persistence_config: { storage: 'db', connection: `sqlite:///${file}` } });
      try {
        const backend = await cl.backend({
          volume_backend_name: 'lvm',
          volume_driver: 'cinder.volume.drivers.lvm.LVMVolumeDriver',
          lvm_type,
          // What is wiped has a test of its own.
          volume_clear_size: 1,
        });
        const run = new Run(cl, backend, random, lvm_type === 'thin');
        for (let step = 0; step < rounds(6); step += 1) steps.push(await run.step());
      } catch (error) {
        throw new Error(`CINDERLIB_SEED=${random.seed}, after ${steps.join(', ')}`, { cause: error });
      } finally {
        await cl.close();
        rmSync(file, { force: true });
        removeVolumes();
      }
    },
  ];
}
