/** The contract of volume drivers on logical volumes. */
import { setup } from 'cinderlib-wasm';
import { volumeDriverContract } from 'cinderlib-wasm/testing';
import type { Case } from '../../support/cases.ts';
import { fileBytes } from '../../support/file-bytes.ts';
import { devicePath, leftovers, removeVolumes } from './volume-group.ts';

export function contractCases(lvm_type: 'thin' | 'default'): Case[] {
  const cases: Case[] = [];
  volumeDriverContract({
    test: (name, body) => cases.push([name, body]),
    setup,
    backend: () => ({
      volume_backend_name: 'lvm',
      volume_driver: 'cinder.volume.drivers.lvm.LVMVolumeDriver',
      lvm_type,
      // What is wiped has a test of its own: here it would take most of the time.
      volume_clear_size: 1,
    }),
    bytes: fileBytes(({ id }) => devicePath(`volume-${id}`)),
    leftovers,
    cleanUp: removeVolumes,
  });
  return cases;
}
