/** The engine is loaded and compiled once for a page or process, whichever of its workers needs it. */
import { execFileSync } from 'node:child_process';
import { cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { browserNames, missingBrowser, openBrowser } from '../support/browsers/browser.ts';
import { startServer } from '../support/browsers/static-server.ts';
import { dist } from '../support/built.ts';
import { inTemporaryFolder } from '../support/golden.ts';
import { bun, deno, newNode, node } from '../support/runtimes.ts';

const open = "setup({ persistence_config: { storage: 'memory_db' } })";

test.for([node, newNode, deno, bun])('$name', ({ command, missing }, context) => {
  if (command === null) return context.skip(missing);
  return inTemporaryFolder((folder) => {
    cpSync(dist, join(folder, 'dist'), { recursive: true });
    const program = `
      import { rmSync } from 'node:fs';
      import { setup } from './dist/index.js';
      await (await ${open}).close();
      rmSync('dist/sql-wasm.wasm');
      const two = await ${open};
      console.log((await two.persistence.getVolumes()).length);
      await two.close();`;
    writeFileSync(join(folder, 'program.mjs'), program);
    const [file, ...options] = command;
    const said = execFileSync(file, [...options, 'program.mjs'], { cwd: folder, encoding: 'utf8', timeout: 25_000 });
    expect(said).toBe('0\n');
  });
});

test.for(browserNames)('%s', async (name, context) => {
  const missing = missingBrowser(name);
  if (missing !== null) return context.skip(missing);
  await using server = await startServer({ '/dist/': dist, '/': { type: 'text/html', body: '<!doctype html>' } });
  await using browser = await openBrowser(name);
  const page = await browser.newPage(`${server.origin}/`);
  const counts = await page.evaluate<number[]>(`import('/dist/index.js').then(async ({ setup }) => {
    const counts = [];
    for (let n = 0; n < 3; n++) {
      const cl = await ${open};
      counts.push((await cl.persistence.getVolumes()).length);
      await cl.close();
    }
    return counts;
  })`);
  expect(counts).toEqual([0, 0, 0]);
  // The server forbids caches: each request would be seen.
  expect(server.log.filter((line) => line.endsWith('/sql-wasm.wasm'))).toEqual(['200 /dist/sql-wasm.wasm']);
});
