/** What copies take of a file system that can share blocks, and of one that cannot: `FILESYSTEM` on `DIRECTORY`. */
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { statfsSync } from 'node:fs';
import { type Backend, setup, type Volume } from 'cinderlib-wasm';
import { type Case, equal, runCases } from '../../support/cases.ts';
import { fileBytes } from '../../support/file-bytes.ts';

const { DIRECTORY: directory = '', FILESYSTEM = '', PATH } = process.env;
const canShare = FILESYSTEM !== 'ext4';
const bytes = fileBytes(({ id }) => `${directory}/volume-${id}`);
const mebibyte = 1024 ** 2;
/** Not at the start, and of no whole number of blocks. */
const [place, length] = [100 * mebibyte + 12_345, 8 * mebibyte];

/** In MiB, when everything is on the disk. */
function used(): number {
  spawnSync('/bin/sync');
  const { bsize, blocks, bfree } = statfsSync(directory);
  return ((blocks - bfree) * bsize) / mebibyte;
}

async function holds(volume: Volume, content: Uint8Array): Promise<void> {
  equal(Buffer.from(await bytes.read(volume, place, length)).equals(content), true);
}

async function sharing(files: Backend): Promise<void> {
  const volume = await files.createVolume(1);
  const [first, second] = [randomBytes(length), randomBytes(4096)];
  const empty = used();
  await bytes.write(volume, place, first);
  const before = used();
  equal(before - empty > 7, true);
  const snapshot = await volume.createSnapshot();
  const clone = await volume.clone({ size: 2 });
  const restored = await snapshot.createVolume();
  const taken = used() - before;
  // Three copies of 8 MiB, or what the file system notes of them.
  equal([taken < 3, taken > 23], [canShare, !canShare]);
  await bytes.write(volume, place, second);
  await holds(clone, first);
  await holds(restored, first);
  equal(clone.size, 2);
  for (const each of [snapshot, clone, restored]) await each.delete();
  await holds(volume, Buffer.concat([second, first.subarray(second.length)]));
  await volume.delete();
}

const ways: readonly (readonly [way: string, path: string | undefined])[] = [
  ['by cp', PATH],
  // Where nothing is shared a volume is read to its end: worth its time nowhere but in the unit tests.
  ...(canShare ? [['without cp', '/nowhere'] as const] : []),
];

await runCases(
  ways.map(
    ([way, path]): Case => [
      `${FILESYSTEM} ${way}`,
      async () => {
        process.env['PATH'] = path;
        const cl = await setup();
        try {
          const volume_driver = 'cinderlib_wasm.drivers.FileVolumeDriver';
          await sharing(await cl.backend({ volume_backend_name: 'files', volume_driver, directory }));
        } finally {
          await cl.close();
        }
      },
    ],
  ),
);
