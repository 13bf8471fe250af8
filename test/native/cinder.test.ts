/**
 * What this library wrote, read and changed by OpenStack Cinder itself: the code that Python's cinderlib builds on.
 */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Cinderlib, setup, type Volume } from 'cinderlib-wasm';
import { expect, test } from 'vitest';
import { missingCinder, python } from '../support/cinder.ts';
import { inTemporaryFolder } from '../support/golden.ts';
import { integrity } from '../support/tables.ts';

const missing = missingCinder();

/** What Cinder reads from the database; it also renames the newest volume. */
function readWithCinder(path: string): Record<string, unknown> {
  const script = fileURLToPath(new URL('./read_with_cinder.py', import.meta.url));
  const text = execFileSync(python, [script, path], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
  return JSON.parse(text.trim().split('\n').at(-1) ?? '') as Record<string, unknown>;
}

async function fill(cl: Cinderlib): Promise<Record<string, Volume>> {
  const options = { volume_backend_name: 'b', volume_driver: 'cinder.tests.fake_driver.FakeLoggingVolumeDriver' };
  const backend = await cl.backend({ ...options, pools: ['p'] });
  const plain = await backend.createVolume(1, {
    name: 'plain é 😀',
    metadata: { k: 'v', gone: 'x' },
    admin_metadata: { a: '1' },
  });
  await plain.createSnapshot({ name: 's', metadata: { m: '1' } });
  plain.metadata = { k: 'w', n: '1' };
  await plain.save();
  await plain.connect({ host: 'h', initiator: 'i' });
  const typed = await backend.createVolume(2, {
    name: 'typed',
    extra_specs: { e: '1' },
    qos_specs: { q: '2', r: '3' },
  });
  await typed.extend(5);
  await typed.createSnapshot({ name: 'of typed' });
  const deleted = await backend.createVolume(1, { name: 'deleted', extra_specs: { x: '1' }, qos_specs: { y: '1' } });
  await deleted.delete();
  return { plain, typed };
}

async function expected(volume: Volume, more: Record<string, unknown>): Promise<Record<string, unknown>> {
  return {
    id: volume.id,
    name: volume.name,
    size: volume.size,
    status: volume.status,
    host: 'h@b#p',
    created_at: volume.created_at,
    attachments: (await volume.connections()).map(({ attach_mode, connection_info, connector }) => ({
      mode: attach_mode,
      info: connection_info,
      connector,
    })),
    snapshots: (await volume.snapshots()).map(({ id, name, volume_size, metadata }) => ({
      id,
      name,
      size: volume_size,
      metadata,
      backend: 'b',
      type_id: volume.volume_type_id,
    })),
    ...more,
  };
}

test.for([false, true])(
  'Cinder reads and changes what this library wrote, and the change is read here (soft_deletes: %s)',
  // Cinder takes seconds to start, and half a minute on a busy machine.
  { timeout: 240_000 },
  async (soft_deletes, { skip }) => {
    if (missing !== null) skip(missing);
    await inTemporaryFolder(async (folder) => {
      const path = join(folder, 'cl.sqlite');
      const persistence_config = { storage: 'db', connection: `sqlite:///${path}`, soft_deletes };
      const cl = await setup({ persistence_config, host: 'h' });
      const volumes = await fill(cl);
      const { plain, typed } = volumes as { plain: Volume; typed: Volume };
      const ours = [
        await expected(typed, {
          metadata: {},
          admin_metadata: {},
          type: typed.id,
          extra_specs: { e: '1' },
          qos_specs: { name: typed.id, consumer: 'back-end', specs: { q: '2', r: '3' } },
        }),
        await expected(plain, {
          metadata: { k: 'w', n: '1' },
          admin_metadata: { a: '1' },
          type: '__DEFAULT__',
          extra_specs: {},
          qos_specs: null,
        }),
      ];
      await cl.close();

      const found = readWithCinder(path);
      expect(found).toEqual({ volumes: ours, qos_specs: [typed.id], types: ['__DEFAULT__', typed.id].sort() });

      const again = await setup({ persistence_config, fail_on_missing_backend: false });
      expect((await again.info()).revision).toBe('c92a3e68beed');
      const renamed = await again.Volume.getById(typed.id);
      expect([renamed.name, renamed.volume_type?.qos_specs?.specs]).toEqual(['renamed by Cinder', { q: '2', r: '3' }]);
      await again.close();
      expect(integrity(path)).toBe('ok');
    });
  },
);
