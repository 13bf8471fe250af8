/**
 * The contract of volume drivers, on the file driver on OPFS in real browsers: the whole suite in Chromium, and in
 * Firefox only the tests about content, or the whole suite with CINDERLIB_ROUNDS=2 and more.
 */
import { describe, expect, test } from 'vitest';
import type { InPage } from '../media/storage-page.ts';
import { useStorageSite } from '../media/use-storage-site.ts';
import { runtimes } from '../runtimes/runtime.ts';
import { startServer } from '../support/browsers/static-server.ts';
import { dist } from '../support/built.ts';
import { rounds } from '../support/rounds.ts';

declare const lib: InPage['lib'];
declare const failure: InPage['failure'];

const matching = (name: string): string =>
  name === 'firefox' && rounds(1) === 1 ? 'holds|keeps|page|worker|once' : '';

test.for(runtimes.filter(({ isBrowser }) => isBrowser))(
  'the file driver meets the contract of volume drivers in $name',
  { timeout: 240_000 },
  async ({ name, missing, start }, { skip }) => {
    if (missing !== null) skip(missing);
    await using runtime = await start();
    const begun = performance.now();
    const { passed, failed } = await runtime.run({ kind: 'files', matching: matching(name) });
    console.log(`${runtime.version}: ${passed.length} tests in ${Math.round(performance.now() - begun)} ms`);
    if (name === 'webkit') {
      // WebKitGTK has no OPFS: the driver fails with that reason, and uses no other storage instead.
      expect([passed, failed.length]).toEqual([[], 14]);
      for (const { error } of failed) expect(error).toMatch(/^MissingDependency: .*OPFS/);
      return;
    }
    expect(failed).toEqual([]);
    expect(passed.length).toBe(matching(name) === '' ? 14 : 7);
  },
);

describe('the file driver in Chromium', () => {
  const site = useStorageSite('chromium');

  test('fails with StorageFull if the quota is too small, and leaves nothing of the attempt', {
    timeout: 60_000,
  }, async (context) => {
    const page = await site.newPage(context);
    await page.limitStorage?.(1.5 * 1024 ** 3);
    const result = await page.evaluate(async () => {
      const volume_driver = 'cinderlib_wasm.drivers.FileVolumeDriver';
      const cl = await lib.setup();
      const files = await cl.backend({ volume_backend_name: 'files', volume_driver, directory: 'narrow' });
      const volume = await files.createVolume(1);
      const errors = [await failure(volume.extend(2)), await failure(volume.clone())];
      const folder = await (await navigator.storage.getDirectory()).getDirectoryHandle('narrow');
      const left: string[] = [];
      for await (const name of folder.keys()) left.push(name);
      const { pools } = await files.stats({ refresh: true });
      const [pool] = pools as Record<string, unknown>[];
      return { names: errors.map((error) => error?.name), id: volume.id, left, pool };
    });
    // The whole size of a volume counts, including parts that were never written.
    const pool = { provisioned_capacity_gb: 1, thin_provisioning_support: false, thick_provisioning_support: true };
    expect(result).toMatchObject({ names: ['StorageFull', 'StorageFull'], left: [`volume-${result.id}`], pool });
    await page.limitStorage?.(null);
    await page.close();
  });

  test('names the worker script that the server does not have', { timeout: 60_000 }, async (context) => {
    // Skips this test with a reason where the browser is missing.
    await (await site.newPage(context)).close();
    await using server = await startServer({
      '/dist/': dist,
      '/dist/files.js': { status: 404, body: 'gone' },
      '/': { type: 'text/html', body: '<!doctype html>' },
    });
    const page = await site.running.browser.newPage(`${server.origin}/`);
    const options =
      "{ volume_backend_name: 'f', volume_driver: 'cinderlib_wasm.drivers.FileVolumeDriver', directory: 'd' }";
    const said = await page.evaluate<string>(
      `import('/dist/index.js').then(async ({ setup }) => (await setup()).backend(${options})).catch(String)`,
    );
    expect(said).toContain(`The worker script ${server.origin}/dist/files.js cannot be loaded: the server answers 404`);
    await page.close();
  });
});
