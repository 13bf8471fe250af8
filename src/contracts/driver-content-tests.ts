/** What every volume driver that stores bytes must preserve. */
import type { Volume } from '../objects/volume.ts';
import { assert } from './assertions.ts';
import type { DriverTest } from './volume-driver-contract.ts';

/** Access to the content of a volume. */
export interface Bytes {
  /** The bytes from offset `at`. Offsets go up to the end of the volume, which is some GiB large. */
  readonly read: (volume: Volume, at: number, length: number) => Promise<Uint8Array>;
  /** Resolves once the driver's storage has the bytes: later reads there return them. */
  readonly write: (volume: Volume, at: number, bytes: Uint8Array) => Promise<void>;
}

const gibibyte = 1024 ** 3;
const length = 65_536;
/** The start, an unaligned offset in the middle, and the very end. */
const places = [0, 300_000_001, gibibyte - length];

/** Bytes that differ between offsets and between patterns. */
function pattern(seed: number, at: number): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => (seed * 31 + (at % 251) + index * 7 + (index >> 8)) & 255);
}

async function writePattern(bytes: Bytes, volume: Volume, seed: number): Promise<void> {
  for (const at of places) await bytes.write(volume, at, pattern(seed, at));
}

async function assertPattern(bytes: Bytes, volume: Volume, seed: number, what: string): Promise<void> {
  for (const at of places) {
    const [found, wanted] = [await bytes.read(volume, at, length), pattern(seed, at)];
    assert(found.length === length && found.every((byte, index) => byte === wanted[index]), `${what} at byte ${at}`);
  }
}

export const contentTests: readonly DriverTest[] = [
  [
    'a volume made from a snapshot holds what the source volume held when the snapshot was taken',
    async (backend, { bytes }) => {
      const volume = await backend.createVolume(1);
      await writePattern(bytes, volume, 1);
      const snapshot = await volume.createSnapshot();
      await writePattern(bytes, volume, 2);
      const before = await snapshot.createVolume();
      await assertPattern(bytes, before, 1, 'a volume created from the snapshot holds its data');
      await assertPattern(bytes, volume, 2, 'the volume holds what was written after the snapshot');
      await writePattern(bytes, before, 3);
      await assertPattern(bytes, volume, 2, 'a volume created from a snapshot is independent of the original volume');
      await snapshot.delete();
      await before.delete();
      await assertPattern(bytes, volume, 2, 'deleting a snapshot leaves its volume unchanged');
      await volume.delete();
    },
  ],
  [
    'a clone holds what its source held, and is independent of it',
    async (backend, { bytes }) => {
      const volume = await backend.createVolume(1);
      await writePattern(bytes, volume, 4);
      const clone = await volume.clone({ size: 2 });
      await assertPattern(bytes, clone, 4, 'a clone holds the data of its source');
      const end = 2 * gibibyte - length;
      await bytes.write(clone, end, pattern(5, end));
      await writePattern(bytes, clone, 5);
      await assertPattern(bytes, volume, 4, 'the source of a clone stays unchanged');
      await volume.delete();
      await assertPattern(bytes, clone, 5, 'a clone outlives its source');
      await clone.delete();
    },
  ],
  [
    'a volume that is extended keeps its content, and so do its snapshots',
    async (backend, { bytes }) => {
      const volume = await backend.createVolume(1);
      await writePattern(bytes, volume, 6);
      const snapshot = await volume.createSnapshot();
      await volume.extend(2);
      await assertPattern(bytes, volume, 6, 'an extended volume keeps its data');
      const end = 2 * gibibyte - length;
      await bytes.write(volume, end, pattern(7, end));
      const before = await snapshot.createVolume();
      await assertPattern(bytes, before, 6, 'a snapshot taken before keeps its data');
      await before.delete();
      await snapshot.delete();
      await volume.delete();
    },
  ],
];
