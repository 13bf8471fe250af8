/** The same files in Node, Deno, Bun, Chromium, Firefox and WebKitGTK: the contract of storages, and Python's dumps. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { dist } from '../support/built.ts';
import { goldenDatabases } from '../support/golden.ts';
import { rounds } from '../support/rounds.ts';
import { type Runtime, runtimes } from './runtime.ts';
import type { Outcome, StorageName, Task } from './suite/task.ts';

/** Where each storage works. Every other runtime must refuse it. */
const hosts = ['node', 'new node', 'deno', 'bun'];
const browsers = ['chromium', 'firefox', 'webkit'];
const matrix: readonly { readonly storage: StorageName; readonly worksIn: readonly string[] }[] = [
  { storage: 'memory', worksIn: [...hosts, ...browsers] },
  { storage: 'memory_db', worksIn: [...hosts, ...browsers] },
  { storage: 'filesystem', worksIn: hosts },
  { storage: 'indexeddb', worksIn: browsers },
  { storage: 'opfs', worksIn: ['chromium', 'firefox'] },
];

const refusal = /^(?:InvalidPersistence|DatabaseUnavailable): .*(?:medium|access handles)/;

const files = readdirSync(dist).filter((file) => /\.(?:js|wasm)$/.test(file));
const built = files.map((file) => {
  return [
    file,
    createHash('sha256')
      .update(readFileSync(join(dist, file)))
      .digest('hex'),
  ] as const;
});
console.log(built.map(([file, hash]) => `${hash}  dist/${file}`).join('\n'));

/** The databases that cover the most; with CINDERLIB_ROUNDS=2 and more, all are used. */
const telling = ['rich', 'unicode', 'softdel', 'nonuuid', 'keyvalues'];
const goldens = goldenDatabases.filter(({ name }) => rounds(1) > 1 || telling.includes(name));

/**
 * WebKitGTK 2.50 was seen to trap inside SQLite's WebAssembly in 2 of some 3,000 contexts, each time in another test.
 * No other engine does, Bun's of the same family included, and the same test passes when it runs again. So it is run
 * again, once, and the trap is printed.
 */
const trap = /the SQLite engine failed/;

async function run(runtime: Runtime, task: Task): Promise<Outcome> {
  const outcome = await runtime.run(task);
  const trapped = outcome.failed.filter(({ error }) => trap.test(error));
  if (trapped.length === 0 || !runtime.version.startsWith('WebKitGTK')) return outcome;
  console.log(`${runtime.version} trapped, and runs again: ${trapped.map(({ name }) => name).join(', ')}`);
  return runtime.run(task);
}

describe.each(runtimes)('$name', ({ name, missing, start }) => {
  let runtime: Runtime;
  beforeAll(async () => {
    if (missing === null) runtime = await start();
  });
  afterAll(() => runtime?.[Symbol.asyncDispose]());

  test('runs the built files', async (context) => {
    if (missing !== null) return context.skip(missing);
    const { hashes } = await runtime.run({ kind: 'hashes', files });
    console.log(`${runtime.version}: ${hashes.length} files, as built`);
    expect(hashes).toEqual(built);
  });

  test.for(matrix)(
    '$storage meets the contract, or is refused where it does not work',
    { timeout: 180_000 },
    async ({ storage, worksIn }, context) => {
      if (missing !== null) return context.skip(missing);
      if (!worksIn.includes(name)) {
        // With a reason, and never replaced by another medium.
        const { passed, failed } = await run(runtime, { kind: 'refusals', storage });
        expect(passed).toEqual([]);
        expect(failed).toHaveLength(3);
        for (const { error } of failed) expect(error).toMatch(refusal);
        return;
      }
      const { passed, failed } = await run(runtime, { kind: 'contract', storage });
      expect(failed).toEqual([]);
      expect(passed.length).toBeGreaterThan(30);
    },
  );

  test.for(matrix)(
    '$storage gives the same dumps as Python',
    { timeout: 180_000 },
    async ({ storage, worksIn }, context) => {
      if (missing !== null) return context.skip(missing);
      // `memory` reads no database.
      if (!worksIn.includes(name) || storage === 'memory') return;
      const { passed, failed } = await run(runtime, { kind: 'goldens', storage, goldens });
      expect(failed).toEqual([]);
      expect(passed).toEqual(goldens.map((golden) => golden.name));
    },
  );

  test.for(matrix)(
    '$storage survives an engine that traps',
    { timeout: 180_000 },
    async ({ storage, worksIn }, context) => {
      if (missing !== null) return context.skip(missing);
      // `memory` needs no engine.
      if (!worksIn.includes(name) || storage === 'memory') return;
      const { failed } = await run(runtime, { kind: 'traps', storage });
      expect(failed).toEqual([]);
    },
  );
});
