/**
 * Volumes and snapshots as logical volumes, thin or thick. A failed operation leaves nothing half-done behind. Each
 * operation begins by listing the group once.
 */
import {
  DuplicateEntry,
  InvalidVolume,
  MissingDependency,
  StorageFull,
  VolumeBackendAPIException,
  VolumeDeviceNotFound,
  VolumeIsBusy,
} from '../../errors/index.ts';
import type { OptionValues } from '../option-schema.ts';
import { inGibibytes } from '../volume-names.ts';
import type { Blocks } from './blocks.ts';
import type { lvmOptions } from './options.ts';
import type { LogicalVolume } from './report.ts';
import type { VolumeGroup } from './volume-group.ts';

type Volumes = ReadonlyMap<string, LogicalVolume>;

const mebibyte = 1024 ** 2;
/** The share of a group's free space that becomes the pool; the rest is for LVM's metadata. */
const poolShare = 0.95;

export class VolumeStore {
  readonly #group: VolumeGroup;
  readonly #blocks: Blocks;
  readonly #options: OptionValues<typeof lvmOptions>;
  readonly #pool: string;
  #isThin = false;

  constructor(group: VolumeGroup, blocks: Blocks, options: OptionValues<typeof lvmOptions>) {
    this.#group = group;
    this.#blocks = blocks;
    this.#options = options;
    this.#pool = `${group.name}-pool`;
  }

  get isThin(): boolean {
    return this.#isThin;
  }

  /** Checks that the group exists, decides whether new volumes are thin, and if so creates a missing pool. */
  async prepare(): Promise<void> {
    const volumes = await this.#group.volumes();
    const { lvm_type } = this.#options;
    const hasPool = volumes.has(this.#pool);
    this.#isThin = lvm_type === 'thin' || (lvm_type === 'auto' && (hasPool || volumes.size === 0));
    if (!this.#isThin || hasPool) return;
    const { free, extent } = await this.#group.size();
    const bytes = Math.floor((free * poolShare) / extent) * extent;
    try {
      await this.#creating(this.#pool, () => this.#group.createPool(this.#pool, bytes));
    } catch (error) {
      // Another program that starts on the same group created it meanwhile.
      if (error instanceof DuplicateEntry && (await this.#group.volumes()).has(this.#pool)) return;
      // `auto` means thin if this host supports it.
      if (lvm_type !== 'auto' || !(error instanceof MissingDependency)) throw error;
      this.#isThin = false;
    }
  }

  /** Total, free and provisioned capacity in bytes, and the number of logical volumes. */
  async capacity(): Promise<{ total: number; free: number; provisioned: number; volumes: number }> {
    const { bytes, free } = await this.#group.size();
    const volumes = await this.#group.volumes();
    const pool = this.#isThin ? volumes.get(this.#pool) : undefined;
    if (pool === undefined) return { total: bytes, free, provisioned: bytes - free, volumes: volumes.size };
    const promised = [...volumes.values()].filter((volume) => volume.pool === this.#pool);
    return {
      total: pool.bytes,
      free: (pool.bytes * (100 - pool.usedPercent)) / 100,
      provisioned: promised.reduce((sum, volume) => sum + volume.bytes, 0),
      volumes: volumes.size,
    };
  }

  async create(name: string, bytes: number): Promise<void> {
    const volumes = await this.#group.volumes();
    this.#checkFree(volumes, name);
    const pool = volumes.get(this.#pool);
    if (this.#isThin && pool !== undefined && pool.usedPercent >= 100) {
      // LVM would create it, but the first write to it would fail.
      throw new StorageFull(pool.name, `The pool ${pool.name} is full: extend it with lvextend, or delete volumes.`);
    }
    await this.#create(name, bytes);
  }

  async snapshot(name: string, source: string): Promise<void> {
    const volumes = await this.#group.volumes();
    this.#checkFree(volumes, name);
    await this.#snapshot(name, this.#find(volumes, source));
  }

  /** Creates a volume with the content of another, which may be in use. */
  async clone(name: string, bytes: number, source: string): Promise<void> {
    const volumes = await this.#group.volumes();
    this.#checkFree(volumes, name);
    const origin = this.#find(volumes, source);
    this.#checkRoom(name, bytes, origin.bytes, source);
    if (origin.pool !== null) return this.#copyThin(name, bytes, origin);
    const snapshot = name.replace(/^volume-/, 'clone-snap-');
    this.#checkFree(volumes, snapshot);
    await this.#snapshot(snapshot, origin);
    await this.#undoing(snapshot, () => this.#copyBlocks(name, bytes, snapshot, origin.bytes));
    try {
      await this.delete(snapshot);
    } catch (error) {
      await this.#removeLeftover(name);
      // Unwiped, since wiping may be what failed; left behind, it would prevent its source from being deleted.
      await this.#removeLeftover(snapshot);
      throw error;
    }
  }

  /** Creates a volume with the content of a snapshot. `held`: the size of that content in bytes. */
  async restore(name: string, bytes: number, snapshot: string, held: number): Promise<void> {
    const volumes = await this.#group.volumes();
    this.#checkFree(volumes, name);
    const source = this.#find(volumes, snapshot);
    if (source.isLost) {
      throw new VolumeBackendAPIException(`${snapshot} has run full and is invalid: its data is lost.`);
    }
    this.#checkRoom(name, bytes, held, snapshot);
    if (source.pool !== null) return this.#copyThin(name, bytes, source);
    if (!source.isActive) await this.#group.activate(snapshot);
    await this.#copyBlocks(name, bytes, snapshot, held);
  }

  async extend(name: string, bytes: number): Promise<void> {
    const volumes = await this.#group.volumes();
    const volume = this.#find(volumes, name);
    if (bytes < volume.bytes) {
      const [has, asked] = [inGibibytes(volume.bytes), inGibibytes(bytes)];
      throw new InvalidVolume(`${name} has ${has} GiB and cannot be extended to ${asked}.`);
    }
    if (bytes === volume.bytes) return;
    if (snapshotsOf(volumes, name).length === 0) return this.#group.extend(name, bytes);
    // LVM resizes the origin of thick snapshots only while it is inactive.
    await this.#group.deactivate(name);
    try {
      await this.#group.extend(name, bytes);
    } finally {
      await this.#group.activate(name);
    }
  }

  /** Does nothing if the volume does not exist. */
  async delete(name: string): Promise<void> {
    const volumes = await this.#group.volumes();
    const found = volumes.get(name);
    if (found === undefined) return;
    const snapshots = snapshotsOf(volumes, name);
    if (snapshots.length > 0) throw new VolumeIsBusy(name, `has snapshots: ${snapshots.join(', ')}.`);
    // Checked before wiping: Cinder's driver wipes a volume in use, only to find that it cannot be removed.
    if (found.isOpen) throw new VolumeIsBusy(name, 'is in use: disconnect it, or close the program that has it open.');
    await this.#wipe(found);
    await this.#group.remove(name);
  }

  /** The device of a volume that hosts are to use, activated if necessary. */
  async activePath(name: string): Promise<string> {
    if (!this.#find(await this.#group.volumes(), name).isActive) await this.#group.activate(name);
    return this.path(name);
  }

  path(name: string): string {
    return this.#group.path(name);
  }

  async #create(name: string, bytes: number): Promise<void> {
    await this.#creating(name, () =>
      this.#isThin ? this.#group.createThin(name, bytes, this.#pool) : this.#group.create(name, bytes),
    );
  }

  async #snapshot(name: string, source: LogicalVolume): Promise<void> {
    await this.#creating(name, () =>
      source.pool === null ? this.#group.snapshot(name, source.name) : this.#group.thinSnapshot(name, source.name),
    );
  }

  async #copyThin(name: string, bytes: number, source: LogicalVolume): Promise<void> {
    await this.#snapshot(name, source);
    if (bytes > source.bytes) await this.#undoing(name, () => this.#group.extend(name, bytes));
  }

  async #copyBlocks(name: string, bytes: number, from: string, held: number): Promise<void> {
    await this.#create(name, bytes);
    await this.#undoing(name, () => this.#blocks.copy(this.path(from), this.path(name), held));
  }

  /** Thin volumes are not wiped: the pool zeroes blocks before it hands them out. */
  async #wipe({ name, bytes, pool, origin, isActive }: LogicalVolume): Promise<void> {
    const { volume_clear, volume_clear_size, volume_clear_ionice } = this.#options;
    if (volume_clear === 'none' || pool !== null) return;
    if (!isActive) await this.#group.activate(name);
    // A snapshot's own data is in its copy-on-write store, a separate device; its main device also shows the origin.
    const device = origin === null ? this.path(name) : `${mapped(this.#group.name, name)}-cow`;
    const wiped = volume_clear_size === 0 ? bytes : Math.min(bytes, volume_clear_size * mebibyte);
    await this.#blocks.wipe(device, wiped, volume_clear_ionice);
  }

  /** Runs the step that creates the volume; if it fails half-way, removes the volume. */
  async #creating(name: string, step: () => Promise<void>): Promise<void> {
    try {
      await step();
    } catch (error) {
      // A volume of the same name that is not ours: another program has created it since we listed the group.
      if (!(error instanceof DuplicateEntry)) await this.#removeLeftover(name);
      throw error;
    }
  }

  /** Runs a step that needs or fills a volume that we have created; if it fails in any way, removes the volume. */
  async #undoing(name: string, step: () => Promise<void>): Promise<void> {
    try {
      await step();
    } catch (error) {
      await this.#removeLeftover(name);
      throw error;
    }
  }

  /** Does not throw, so that the error of the failed step is the one reported. */
  async #removeLeftover(name: string): Promise<void> {
    try {
      const volumes = await this.#group.volumes();
      // What we have just created has no dependents, which LVM would remove too. A volume or pool that has some is
      // another program's, created while our command waited for its time limit.
      const hasDependents = [...volumes.values()].some(({ pool, origin }) => pool === name || origin === name);
      if (volumes.has(name) && !hasDependents) await this.#group.remove(name);
    } catch {
      // That the group cannot be listed has already been reported.
    }
  }

  #find(volumes: Volumes, name: string): LogicalVolume {
    const volume = volumes.get(name);
    if (volume === undefined) throw new VolumeDeviceNotFound(this.path(name));
    return volume;
  }

  #checkFree(volumes: Volumes, name: string): void {
    if (volumes.has(name)) throw new DuplicateEntry(`${this.path(name)} already exists.`);
  }

  #checkRoom(name: string, bytes: number, held: number, from: string): void {
    if (bytes >= held) return;
    throw new InvalidVolume(`${name} is to have ${inGibibytes(bytes)} GiB, but ${from} has ${inGibibytes(held)}.`);
  }
}

/** The snapshots that depend on the volume; those in a pool do not. */
function snapshotsOf(volumes: Volumes, name: string): string[] {
  return [...volumes.values()].filter(({ origin, pool }) => origin === name && pool === null).map((each) => each.name);
}

/** The device mapper's path of a volume: dashes in names are doubled, a single one separates group and volume. */
function mapped(group: string, name: string): string {
  return `/dev/mapper/${group.replaceAll('-', '--')}-${name.replaceAll('-', '--')}`;
}
