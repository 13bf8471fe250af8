/** Bad input and bad luck on real logical volumes: status, storage and disks agree afterwards. */
import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { type Backend, type BackendOptions, setup, type Volume } from 'cinderlib-wasm';
import { type Case, equal, failure } from '../../support/cases.ts';
import { command, devicePath, group, leftovers, logicalVolumes, removeVolumes } from './volume-group.ts';

type Lvm = (options?: Partial<BackendOptions>) => Promise<Backend>;

/** A program that goes before the real one, for as long as the task runs. */
async function replacing(program: string, script: string, task: () => Promise<void>): Promise<void> {
  const folder = '/mnt/instead';
  const { PATH } = process.env;
  mkdirSync(folder);
  writeFileSync(`${folder}/${program}`, `#!/bin/sh\nexport PATH='${PATH}'\n${script}\n`);
  chmodSync(`${folder}/${program}`, 0o755);
  process.env['PATH'] = `${folder}:${PATH}`;
  try {
    await task();
  } finally {
    process.env['PATH'] = PATH;
    rmSync(folder, { recursive: true });
  }
}

const cases: readonly (readonly [name: string, body: (lvm: Lvm) => Promise<void>])[] = [
  [
    'a missing volume group is named in the error',
    async (lvm) => {
      const error = await failure(lvm({ volume_group: 'nowhere' }));
      equal([error.name, error.message.includes('nowhere')], ['VolumeGroupNotFound', true]);
    },
  ],
  [
    'names that could be taken for command options or paths are refused',
    async (lvm) => {
      equal((await failure(lvm({ volume_group: '--config' }))).name, 'InvalidOption');
      const error = await failure((await lvm()).createVolume(1, { id: '../../../etc/passwd' }));
      equal(error.name, 'InvalidVolume');
    },
  ],
  [
    'a full group makes create and extend fail with StorageFull and leaves no other trace',
    async (lvm) => {
      const backend = await lvm();
      const error = await failure(backend.createVolume(50));
      equal([error.name, (error.resource as Volume).status], ['StorageFull', 'error']);
      equal([...logicalVolumes().keys()], []);
      const volume = await backend.createVolume(1);
      const grown = await failure(volume.extend(50));
      equal([grown.name, volume.size, volume.status], ['StorageFull', 1, 'error']);
      equal(logicalVolumes().get(`volume-${volume.id}`), 1);
    },
  ],
  [
    'a volume whose device is open is neither deleted nor wiped',
    async (lvm) => {
      const backend = await lvm();
      const volume = await backend.createVolume(1);
      const file = await open(devicePath(`volume-${volume.id}`), 'r+');
      await file.write('precious', 0);
      await file.sync();
      const error = await failure(volume.delete());
      equal([error.name, volume.status], ['VolumeIsBusy', 'error_deleting']);
      const { buffer } = await file.read(Buffer.alloc(8), 0, 8, 0);
      equal(String(buffer), 'precious');
      await file.close();
      await volume.delete();
      equal([volume.status, leftovers()], ['deleted', []]);
    },
  ],
  [
    'a connected volume cannot be deleted',
    async (lvm) => {
      const volume = await (await lvm()).createVolume(1);
      const connection = await volume.connect({ host: 'h', initiator: 'iqn.1994-05.org.example:h' });
      equal((await failure(volume.delete())).name, 'VolumeIsBusy');
      await volume.disconnect(connection);
      await volume.delete();
      equal(leftovers(), []);
    },
  ],
  [
    'a volume with a snapshot made outside the library is neither deleted nor shrunk',
    async (lvm) => {
      const volume = await (await lvm()).createVolume(1);
      const name = `volume-${volume.id}`;
      command('lvcreate', '-y', '-s', '-n', 'by-hand', '-L', '64m', `${group}/${name}`);
      equal((await failure(volume.delete())).name, 'VolumeIsBusy');
      const error = await failure(volume.extend(0));
      equal(error.name, 'InvalidVolume');
      equal(logicalVolumes().get(name), 1);
      command('lvremove', '-f', `${group}/by-hand`);
      await volume.delete();
    },
  ],
  [
    'a snapshot that has run full is reported in the error, and can be deleted',
    async (lvm) => {
      const volume = await (await lvm()).createVolume(1);
      const snapshot = await volume.createSnapshot();
      const name = `_snapshot-${snapshot.id}`;
      command('lvremove', '-f', `${group}/${name}`);
      command('lvcreate', '-y', '-s', '-n', name, '-L', '8m', `${group}/volume-${volume.id}`);
      command('dd', 'if=/dev/urandom', `of=${devicePath(`volume-${volume.id}`)}`, 'bs=1M', 'count=16', 'oflag=direct');
      const error = await failure(snapshot.createVolume());
      equal([error.name, /run full/.test(error.message)], ['VolumeBackendAPIException', true]);
      equal([...logicalVolumes().keys()].sort(), [name, `volume-${volume.id}`].sort());
      await snapshot.delete();
      await volume.delete();
      equal(leftovers(), []);
    },
  ],
  [
    'a command that hangs is stopped, and the volume it had created is removed',
    async (lvm) => {
      const backend = await lvm({ command_timeout: 5 });
      // It makes the volume, and does not end.
      await replacing('lvcreate', 'lvcreate "$@"; exec sleep 1000', async () => {
        const error = await failure(backend.createVolume(1));
        equal([error.name, (error.resource as Volume).status], ['CommandTimedOut', 'error']);
      });
      equal(leftovers(), []);
      await (await backend.createVolume(1)).delete();
    },
  ],
  [
    'a failed command leaves no volume or target behind',
    async (lvm) => {
      const backend = await lvm();
      await replacing('lvcreate', 'lvcreate "$@"; echo worn out >&2; exit 5', async () => {
        const error = await failure(backend.createVolume(1));
        equal([error.name, error.message.includes('worn out')], ['CommandFailed', true]);
      });
      equal(leftovers(), []);
      await replacing('tgtadm', 'case "$*" in *logicalunit*) exit 22;; *) exec tgtadm "$@";; esac', async () => {
        const volume = await backend.createVolume(1);
        const error = await failure(volume.connect({ host: 'h', initiator: 'iqn.1994-05.org.example:h' }));
        equal([error.name, volume.status], ['CommandFailed', 'available']);
        await volume.delete();
      });
      equal(leftovers(), []);
    },
  ],
];

/** Worth its half minute only where there is time for more of everything. */
const slow: typeof cases = [
  [
    'a snapshot does not run full when the whole volume is rewritten',
    async (lvm) => {
      const volume = await (await lvm()).createVolume(1);
      const device = devicePath(`volume-${volume.id}`);
      const snapshot = await volume.createSnapshot();
      command(
        'sh',
        '-c',
        `tr '\\0' x < /dev/zero | dd of=${device} bs=1M count=1024 iflag=fullblock oflag=direct status=none`,
      );
      const before = await snapshot.createVolume();
      await use(devicePath(`volume-${before.id}`), async (file) => {
        const { buffer } = await file.read(Buffer.alloc(4096, 1), 0, 4096, 1024 ** 3 - 4096);
        equal(buffer.equals(Buffer.alloc(4096)), true);
      });
      await before.delete();
      await snapshot.delete();
      await volume.delete();
      equal(leftovers(), []);
    },
  ],
];

const onlyCopied: readonly (readonly [name: string, body: (lvm: Lvm) => Promise<void>])[] = [
  [
    'a failed copy leaves neither the copy nor its snapshot behind',
    async (lvm) => {
      const volume = await (await lvm({ volume_clear: 'none' })).createVolume(1);
      const before = leftovers();
      await replacing('dd', 'echo input/output error >&2; exit 1', async () => {
        equal((await failure(volume.clone())).name, 'CommandFailed');
      });
      equal(leftovers(), before);
      await volume.delete();
    },
  ],
  [
    'volume_clear writes zeros over the whole volume',
    async (lvm) => {
      const backend = await lvm({ volume_clear_size: 0 });
      const volume = await backend.createVolume(1);
      const places = [4096, 512 * 1024 ** 2, 1024 ** 3 - 4096];
      await use(devicePath(`volume-${volume.id}`), async (file) => {
        for (const at of places) await file.write('secret', at);
        await file.sync();
      });
      await volume.delete();
      // The same extents again, as they are.
      command('lvcreate', '-y', '-Wn', '-Zn', '-n', 'again', '-L', '1g', group);
      await use(devicePath('again'), async (file) => {
        for (const at of places) {
          const { buffer } = await file.read(Buffer.alloc(6), 0, 6, at);
          equal([...buffer], [0, 0, 0, 0, 0, 0]);
        }
      });
    },
  ],
];

async function use(path: string, task: (file: Awaited<ReturnType<typeof open>>) => Promise<void>): Promise<void> {
  const file = await open(path, 'r+');
  try {
    await task(file);
  } finally {
    await file.close();
  }
}

export function luckCases(lvm_type: 'thin' | 'default'): Case[] {
  const more = process.env['CINDERLIB_ROUNDS'] === undefined ? [] : slow;
  return [...cases, ...(lvm_type === 'default' ? [...onlyCopied, ...more] : [])]
    .filter(([name]) => lvm_type === 'default' || !/full group|made outside the library|has run full/.test(name))
    .map(([name, body]) => [
      name,
      async () => {
        await using cl = await setup();
        try {
          await body((options) =>
            cl.backend({
              volume_backend_name: 'lvm',
              volume_driver: 'cinder.volume.drivers.lvm.LVMVolumeDriver',
              lvm_type,
              volume_clear_size: 1,
              ...options,
            }),
          );
        } finally {
          removeVolumes();
        }
      },
    ]);
}
