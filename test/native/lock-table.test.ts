/** Linux's lock table: which lines concern a file, and what they say. */
import fs from 'node:fs';
import { describe, expect, test } from 'vitest';
import { deviceName, identify, parseLocks } from '../../src/media/locks/lock-table.ts';
import { inTemporaryFolder } from '../support/golden.ts';
import { needsLockTable } from '../support/native-shell.ts';

const file = { devices: ['253:0'], inode: '2531452' };
const parse = (...lines: string[]) => parseLocks(`${lines.join('\n')}\n`, file);

describe('parseLocks()', () => {
  test('reads holder, bytes and mode from the line of a POSIX lock', () => {
    expect(
      parse(
        '1: POSIX  ADVISORY  WRITE 3568 fd:00:2531452 1073741825 1073741825',
        '2: POSIX  ADVISORY  READ 3568 fd:00:2531452 1073741826 1073742335',
      ),
    ).toEqual([
      { pid: 3568, exclusive: true, from: 1073741825, to: 1073741825 },
      { pid: 3568, exclusive: false, from: 1073741826, to: 1073742335 },
    ]);
  });

  test('includes the lock of an open file description, which names no process', () => {
    expect(parse('9: OFDLCK ADVISORY  WRITE -1 fd:00:2531452 0 EOF')).toEqual([
      { pid: -1, exclusive: true, from: 0, to: Number.POSITIVE_INFINITY },
    ]);
  });

  test('includes the lock of a process that is not visible here', () => {
    expect(parse('9: POSIX  MANDATORY READ 0 fd:00:2531452 5 6')).toEqual([
      { pid: 0, exclusive: false, from: 5, to: 6 },
    ]);
  });

  test.each([
    ['waits for the lock above it', '1: -> POSIX  ADVISORY  WRITE 3569 fd:00:2531452 1073741824 1073742335'],
    ['is of another kind', '3: FLOCK  ADVISORY  WRITE 703 fd:00:2531452 0 EOF'],
    ['is a lease', '4: LEASE  ACTIVE    READ  703 fd:00:2531452 0 EOF'],
    ['is of another file', '5: POSIX  ADVISORY  WRITE 703 fd:00:12531452 0 EOF'],
    ['is of a file whose inode number has the same beginning', '5: POSIX  ADVISORY  WRITE 703 fd:00:25314520 0 EOF'],
    ['is of a file with the same inode number on another disk', '6: POSIX  ADVISORY  WRITE 703 fe:00:2531452 0 EOF'],
    ['is of no file', '7: POSIX  ADVISORY  WRITE 703 *NOINODE* 0 EOF'],
    ['is cut off', '8: POSIX  ADVISORY  WRITE 703 fd:00:2531452 0'],
    ['has the inode number as its process id', '8: POSIX  ADVISORY  WRITE 2531452 fd:00:7 0 EOF'],
  ])('ignores a line that %s', (_, line) => {
    expect(parse(line)).toEqual([]);
  });

  test('accepts either device number of a file', () => {
    const devices = ['0:40', '0:35'];
    const line = '1: POSIX  ADVISORY  READ 7 00:23:2531452 0 EOF';
    expect(parseLocks(line, { ...file, devices })).toHaveLength(1);
    expect(parseLocks(line, { ...file, devices: ['0:40'] })).toHaveLength(0);
  });
});

describe('device names', () => {
  // The numbers are those that Python's os.makedev makes from the two parts.
  test.each([
    [64_768n, '253:0'],
    [2049n, '8:1'],
    [3_145_763n, '0:803'],
    [305_149_014n, '52:74582'],
    [87_960_930_646_025n, '22136:9'],
  ])('deviceName(%i) is %s', (device, name) => {
    expect(deviceName(device)).toBe(name);
  });

  test('identify() gives both device names of a file, and its inode', async (context) => {
    needsLockTable(context);
    await inTemporaryFolder((folder) => {
      const descriptor = fs.openSync(`${folder}/file`, 'w');
      try {
        const { devices, inode } = identify(fs, descriptor);
        expect(devices).toHaveLength(2);
        expect(inode).toBe(String(fs.statSync(`${folder}/file`).ino));
        // They differ only on file systems such as Btrfs.
        const type = fs.statfsSync(folder).type;
        if (type === 0xef53 || type === 0x01021994) expect(devices[0]).toBe(devices[1]);
      } finally {
        fs.closeSync(descriptor);
      }
    });
  });
});
