/** The commands that the LVM driver runs, on stand-ins for the programs of a host. */
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { LVMVolumeDriver } from '../../../src/drivers/lvm/lvm-driver.ts';
import { VolumeNotFound } from '../../../src/errors/index.ts';
import { driverParameters, driverVolume } from './objects.ts';

/** One volume, which exists and is active. */
const lvs = `echo '{"report":[{"lv":[{"lv_name":"volume-v1","lv_size":"1","lv_active":"active"}]}]}'`;

/** Keeps its targets as files, and ignores all other modes. */
const tgtadm = `
cd "$(dirname "$0")/targets"
echo "$*" >> ../log
while [ $# -gt 0 ]; do
  case $1 in --mode) mode=$2 ;; --op) op=$2 ;; --tid) tid=$2 ;; -T) iqn=$2 ;; esac
  shift
done
case $mode-$op in
  target-new) echo "Target $tid: $iqn" > "$tid" ;;
  target-delete) rm "$tid" ;;
  target-show) cat ./* 2> /dev/null || true ;;
esac`;

let folder: string;
const path = process.env['PATH'] ?? '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'lvm-'));
  for (const [name, program] of Object.entries({ lvs, tgtadm })) {
    writeFileSync(join(folder, name), `#!/bin/sh\n${program}\n`);
    chmodSync(join(folder, name), 0o755);
  }
  mkdirSync(join(folder, 'targets'));
  process.env['PATH'] = `${folder}:${path}`;
});
afterAll(() => {
  process.env['PATH'] = path;
  rmSync(folder, { recursive: true });
});

it('createExport() keeps an export that was made through another object of the volume', async () => {
  let stored = driverVolume('v1');
  const db = {
    volumeGet: async (id: string) => (id === 'v1' ? stored : Promise.reject(new VolumeNotFound(id))),
    volumeAttachmentGetAllByVolumeId: async () => [],
  };
  // Any helper that runs its arguments: the test is then the same for root.
  const driver = new LVMVolumeDriver({ ...driverParameters({ root_helper: 'env' }), db });
  const old = driverVolume('v1');
  const made = await driver.createExport(null, old);
  expect(made).toMatchObject({ provider_auth: expect.stringMatching(/^CHAP \w{20} \w{16}$/) });
  stored = { ...stored, ...made };
  expect(await driver.createExport(null, old)).toEqual(made);
  expect(readFileSync(join(folder, 'log'), 'utf8')).not.toContain('delete');
  await driver.removeExport(null, old);
  expect(readdirSync(join(folder, 'targets'))).toEqual([]);
  // With the user that only the stored volume names.
  const user = String(made?.['provider_auth']).split(' ')[1];
  expect(readFileSync(join(folder, 'log'), 'utf8')).toContain(`--mode account --op delete --user ${user}`);
});
