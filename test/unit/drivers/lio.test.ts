/** Concurrent exports through the kernel, on a stand-in for its tree, which removes no folder that is not empty. */
import { expect, it, vi } from 'vitest';
import { Commands } from '../../../src/drivers/command.ts';
import { lvmOptions } from '../../../src/drivers/lvm/options.ts';
import { LioTarget } from '../../../src/drivers/lvm/targets/lio.ts';
import { driverOptions } from '../../../src/drivers/option-schema.ts';
import { CommandFailed } from '../../../src/errors/index.ts';
import { driverVolume } from './objects.ts';

const root = '/sys/kernel/config/target';
const { folders, parentOf } = vi.hoisted(() => ({
  folders: new Set<string>(),
  parentOf: (path: string) => path.slice(0, path.lastIndexOf('/')),
}));

vi.mock('../../../src/runtime.ts', async (original) => {
  const runtime = await original<typeof import('../../../src/runtime.ts')>();
  const fs = {
    existsSync: (path: string) => folders.has(path),
    readdirSync: (path: string) =>
      [...folders]
        .filter((folder) => parentOf(folder) === path)
        .map((folder) => ({ name: folder.slice(path.length + 1), isDirectory: () => true })),
  };
  return { ...runtime, builtin: (name: 'node:fs') => (name === 'node:fs' ? fs : runtime.builtin(name)) };
});

/** Folders that the kernel creates along with their parent, and removes with it. */
const isOwn = (path: string): boolean => /\/(?:lun|np|acls)$/.test(path);

class Tree extends Commands {
  override async run(program: string, parameters: readonly string[]): Promise<string> {
    // Concurrent readers of the tree see the same state.
    await new Promise((resolve) => setTimeout(resolve, 1));
    const path = parameters.at(-1) ?? '';
    const inside = [...folders].filter((folder) => folder.startsWith(`${path}/`));
    if (program === 'mkdir' && parameters[0] !== '-p' && folders.has(path)) {
      throw new CommandFailed('mkdir', 1, `mkdir: cannot create directory '${path}': File exists`);
    }
    if (program === 'mkdir') for (let made = path; made !== ''; made = parentOf(made)) folders.add(made);
    if (program === 'rmdir') {
      if (!inside.every(isOwn)) throw new CommandFailed('rmdir', 1, `rmdir: ${path}: Directory not empty`);
      for (const gone of [path, ...inside]) folders.delete(gone);
    }
    return '';
  }
}

it('exports created concurrently can each be removed without the others', async () => {
  for (const folder of [root, `${root}/core`, `${root}/iscsi`]) folders.add(folder);
  const { options } = driverOptions('LVMVolumeDriver', lvmOptions, { target_ip_address: '192.0.2.1' });
  const target = new LioTarget(new Tree({ rootHelper: '', timeout: 1, asRoot: true }), options);
  const volumes = ['v1', 'v2', 'v3'].map((id) => driverVolume(id));
  await Promise.all(volumes.map((volume) => target.create(volume, `/dev/group/volume-${volume.id}`)));
  expect([...folders].filter((folder) => /\/iblock_\d+$/.test(folder)).length).toBe(3);
  for (const volume of volumes) await target.remove(volume);
  expect([...folders].filter((folder) => folder.startsWith(`${root}/`)).sort()).toEqual([
    `${root}/core`,
    `${root}/iscsi`,
  ]);
});
