/**
 * Copies of files that take no room, on file systems that can share blocks: Btrfs and XFS in a guest, and ext4 to
 * show that the measurement tells the difference.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { verdictsIn } from '../support/cases.ts';
import { Guest, makeBlankDisk, missingForGuests } from '../support/guest.ts';
import { buildProgram } from '../support/program.ts';

const missing = missingForGuests([
  ['mkfs.btrfs', 'btrfs-progs'],
  ['mkfs.xfs', 'xfsprogs'],
]);

test('snapshots and clones share blocks with their source if the file system can', {
  timeout: 240_000,
}, async ({ skip }) => {
  if (missing !== null) skip(missing);
  const folder = mkdtempSync(join(tmpdir(), 'reflink-'));
  try {
    const PROGRAM = await buildProgram(new URL('./programs/reflink-suite.ts', import.meta.url), folder);
    const disk = join(folder, 'disk');
    makeBlankDisk(disk, 1);
    const guest = new Guest(new URL('./guest/reflink.sh', import.meta.url), disk, { PROGRAM });
    try {
      await guest.wrote('code', (text) => text !== '', 200);
      const verdicts = verdictsIn(guest.read('said'));
      expect(verdicts.filter(({ error }) => error !== null)).toEqual([]);
      const ways = ['btrfs by cp', 'btrfs without cp', 'xfs by cp', 'xfs without cp', 'ext4 by cp'];
      expect(
        verdicts.map(({ name }) => name),
        guest.read('log'),
      ).toEqual(ways);
    } finally {
      await guest.remove();
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});
