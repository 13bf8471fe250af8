/** What a failed step leaves on a volume group: tested on a group in memory, where each step can be made to fail. */
import { describe, expect, it } from 'vitest';
import { Commands } from '../../../src/drivers/command.ts';
import { Blocks } from '../../../src/drivers/lvm/blocks.ts';
import { lvmOptions } from '../../../src/drivers/lvm/options.ts';
import type { GroupSize, LogicalVolume } from '../../../src/drivers/lvm/report.ts';
import { VolumeGroup } from '../../../src/drivers/lvm/volume-group.ts';
import { VolumeStore } from '../../../src/drivers/lvm/volume-store.ts';
import { driverOptions } from '../../../src/drivers/option-schema.ts';
import { CommandFailed, CommandTimedOut, DuplicateEntry } from '../../../src/errors/index.ts';

const gibibyte = 1024 ** 3;
const commands = new Commands({ rootHelper: '', timeout: 1 });

class GroupInMemory extends VolumeGroup {
  readonly present = new Map<string, LogicalVolume>();
  free = 100 * gibibyte;

  constructor(...names: readonly string[]) {
    super(commands, 'group');
    for (const name of names) this.#put(name);
  }

  override async size(): Promise<GroupSize> {
    return { bytes: 100 * gibibyte, free: this.free, extent: 4 << 20 };
  }
  override async volumes(): Promise<ReadonlyMap<string, LogicalVolume>> {
    return new Map(this.present);
  }
  override async create(name: string): Promise<void> {
    this.#put(name);
  }
  override async createPool(name: string): Promise<void> {
    this.#put(name);
  }
  override async snapshot(name: string, origin: string): Promise<void> {
    this.#put(name, origin);
  }
  override async remove(name: string): Promise<void> {
    this.present.delete(name);
  }
  override async activate(name: string): Promise<void> {
    this.change(name, { isActive: true });
  }
  override async deactivate(name: string): Promise<void> {
    this.change(name, { isActive: false });
  }
  /** As LVM does it: the origin of thick snapshots must be inactive. */
  override async extend(name: string, bytes: number): Promise<void> {
    const isOrigin = [...this.present.values()].some(({ origin }) => origin === name);
    if (isOrigin && this.present.get(name)?.isActive)
      throw new CommandFailed('lvextend', 5, 'Snapshot origin is active.');
    if (this.free === 0) throw new CommandFailed('lvextend', 5, 'Insufficient free space');
    this.change(name, { bytes });
  }

  change(name: string, to: Partial<LogicalVolume>): void {
    const volume = this.present.get(name);
    if (volume !== undefined) this.present.set(name, { ...volume, ...to });
  }

  override async createThin(name: string, _bytes: number, pool: string): Promise<void> {
    this.#put(name, null, pool);
  }

  #put(name: string, origin: string | null = null, pool: string | null = null): void {
    const state = { isActive: true, isOpen: false, isLost: false, usedPercent: 0 };
    this.present.set(name, { name, bytes: gibibyte, origin, pool, ...state });
  }
}

class BlocksThatCannotWipe extends Blocks {
  constructor() {
    super(commands, '1M', 1);
  }
  override async copy(): Promise<void> {}
  override async wipe(): Promise<void> {
    throw new CommandFailed('dd', 1, 'Input/output error');
  }
}

function storeOn(group: VolumeGroup, lvm_type: string): VolumeStore {
  const { options } = driverOptions('LVMVolumeDriver', lvmOptions, { lvm_type });
  return new VolumeStore(group, new BlocksThatCannotWipe(), options);
}

describe('VolumeStore', () => {
  it('leaves no snapshot behind if a clone cannot be finished', async () => {
    const group = new GroupInMemory('volume-a');
    const store = storeOn(group, 'default');
    await store.prepare();
    await expect(store.clone('volume-b', gibibyte, 'volume-a')).rejects.toThrow('Input/output error');
    expect([...group.present.keys()]).toStrictEqual(['volume-a']);
  });

  it('leaves no snapshot behind if another program creates the volume while it is cloned', async () => {
    const group = new GroupInMemory('volume-a');
    const { create } = group;
    group.create = async (name) => {
      await create.call(group, name);
      throw new DuplicateEntry(`${group.path(name)} already exists.`);
    };
    const store = storeOn(group, 'default');
    await store.prepare();
    await expect(store.clone('volume-b', gibibyte, 'volume-a')).rejects.toMatchObject({ name: 'DuplicateEntry' });
    // The volume belongs to the other program.
    expect([...group.present.keys()]).toStrictEqual(['volume-a', 'volume-b']);
  });

  it.each<[string, 'create' | 'snapshot', string, (store: VolumeStore) => Promise<void>]>([
    ['a new volume', 'create', 'volume-b', (store) => store.create('volume-b', gibibyte)],
    ['a restored volume', 'create', 'volume-b', (store) => store.restore('volume-b', gibibyte, 'volume-a', gibibyte)],
    ['a snapshot', 'snapshot', '_snapshot-b', (store) => store.snapshot('_snapshot-b', 'volume-a')],
    ['the snapshot of a clone', 'snapshot', 'clone-snap-b', (store) => store.clone('volume-b', gibibyte, 'volume-a')],
  ])('keeps what another program created under the name of %s', async (_what, step, name, operation) => {
    const group = new GroupInMemory('volume-a');
    const original = group[step];
    group[step] = async (created: string) => {
      await original.call(group, created, 'volume-a');
      throw new DuplicateEntry(`${group.path(created)} already exists.`);
    };
    const store = storeOn(group, 'default');
    await store.prepare();
    await expect(operation(store)).rejects.toMatchObject({ name: 'DuplicateEntry' });
    expect([...group.present.keys()]).toStrictEqual(['volume-a', name]);
  });

  it('keeps the pool that another program created and uses, if its own attempt runs into the time limit', async () => {
    const group = new GroupInMemory();
    const { createPool } = group;
    group.createPool = async (name) => {
      await createPool.call(group, name);
      await group.createThin('volume-a', gibibyte, name);
      throw new CommandTimedOut('lvcreate', 60);
    };
    await expect(storeOn(group, 'thin').prepare()).rejects.toMatchObject({ name: 'CommandTimedOut' });
    expect([...group.present.keys()]).toStrictEqual(['group-pool', 'volume-a']);
  });

  it('removes the unused pool that an attempt beyond the time limit has left', async () => {
    const group = new GroupInMemory();
    const { createPool } = group;
    group.createPool = async (name) => {
      await createPool.call(group, name);
      throw new CommandTimedOut('lvcreate', 60);
    };
    await expect(storeOn(group, 'thin').prepare()).rejects.toMatchObject({ name: 'CommandTimedOut' });
    expect([...group.present.keys()]).toStrictEqual([]);
  });

  it('uses the pool that another program created at the same time', async () => {
    const group = new GroupInMemory();
    group.createPool = async (name) => {
      await group.create(name);
      throw new DuplicateEntry(`${group.path(name)} already exists.`);
    };
    const store = storeOn(group, 'thin');
    await store.prepare();
    expect(store.isThin).toBe(true);
    expect([...group.present.keys()]).toStrictEqual(['group-pool']);
  });

  it('refuses to delete a volume that is in use, before anything of it is wiped', async () => {
    const group = new GroupInMemory('volume-a');
    group.change('volume-a', { isOpen: true });
    const store = storeOn(group, 'default');
    await store.prepare();
    await expect(store.delete('volume-a')).rejects.toMatchObject({ name: 'VolumeIsBusy' });
    group.change('volume-a', { isOpen: false });
    await expect(store.delete('volume-a')).rejects.toThrow('Input/output error');
    expect([...group.present.keys()]).toStrictEqual(['volume-a']);
  });

  it('extends the origin of thick snapshots while it is inactive, and activates it again whatever happens', async () => {
    const group = new GroupInMemory('volume-a');
    const store = storeOn(group, 'default');
    await store.prepare();
    await store.snapshot('_snapshot-s', 'volume-a');
    await store.extend('volume-a', 2 * gibibyte);
    expect(group.present.get('volume-a')).toMatchObject({ bytes: 2 * gibibyte, isActive: true });
    group.free = 0;
    await expect(store.extend('volume-a', 3 * gibibyte)).rejects.toMatchObject({ name: 'CommandFailed' });
    expect(group.present.get('volume-a')).toMatchObject({ bytes: 2 * gibibyte, isActive: true });
  });
});
