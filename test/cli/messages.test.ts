/** What is said of arguments that are something else than they should be. */
import { cpSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { migrate } from 'cinderlib-wasm';
import { expect, test, vi } from 'vitest';
import { shownUrl } from '../../src/sql/url.ts';
import { cli, program } from '../support/cli.ts';
import { copyGolden, goldenBytes, inTemporaryFolder } from '../support/golden.ts';

// Processes, one after the other, on machines that do other things too.
vi.setConfig({ testTimeout: 180_000 });

test('what cannot be read or written is told in words, with what to do', async () => {
  await inTemporaryFolder(async (folder) => {
    copyGolden('one.sqlite', join(folder, 'one.sqlite'));
    writeFileSync(join(folder, 'package.json'), '{"name": "no dump"}');
    const input = goldenBytes('one.sqlite');
    for (const [command, message] of [
      [['info', '-'], 'This is a SQLite database'],
      [['ls', '.'], 'Cannot read .: it is a folder'],
      [['ls', ''], 'is empty'],
      [['ls', 'package.json'], 'This JSON is no dump of cinderlib'],
      [['convert', 'one.sqlite', 'nowhere/out.json'], 'Create the folder'],
      [['convert', 'one.sqlite', 'nowhere/out.sqlite'], 'Create'],
      [['ls', 'C:\\data\\cl.sqlite'], 'Cannot read C:\\data\\cl.sqlite: there is no such file.'],
      [['ls', 'file:good.sqlite'], 'Cannot read file:good.sqlite: there is no such file.'],
    ] as const) {
      const ran = await cli(command, { cwd: folder, input });
      expect.soft(ran, command.join(' ')).toMatchObject({ code: 1, out: '' });
      expect.soft(ran.err).toContain(message);
    }
    expect(readdirSync(folder).sort()).toEqual(['one.sqlite', 'package.json']);
  });
});

test.each([
  ['C:\\data\\cl.sqlite', 'C:\\data\\cl.sqlite'],
  ['d:/data/cl.sqlite', 'd:/data/cl.sqlite'],
  ['file:good.sqlite', 'file:good.sqlite'],
  ['file:user:secret@host/d', 'file:***@host/d'],
  ['host:secret/d', 'host:***/d'],
  ['c:secret@host/d', 'c:***@host/d'],
])('%s is shown as %s', (url, text) => {
  expect(shownUrl(url)).toBe(text);
});

test('migrate() names itself, and which end is no configuration', async () => {
  const memory = { storage: 'memory_db' };
  for (const [from, to, name] of [
    ['sqlite:///a', memory, 'source'],
    [memory, ['sqlite:///a'], 'target'],
  ] as const) {
    // What a caller without types may give.
    const run = Reflect.apply(migrate, undefined, [from, to]);
    await expect(run).rejects.toMatchObject({
      name: 'InvalidOption',
      message: expect.stringMatching(new RegExp(`^migrate\\(\\): the ${name} cannot be a (?:string|list)`)),
    });
  }
});

test('a plugin of another copy of the library is told from what is no plugin', async () => {
  await inTemporaryFolder(async (folder) => {
    cpSync(dirname(program), join(folder, 'copy'), { recursive: true });
    mkdirSync(join(folder, 'plugins'));
    const plugin = join(folder, 'plugins', 'plugin.mjs');
    writeFileSync(
      plugin,
      `import { PersistenceDriver } from '../copy/index.js';\nexport default class extends PersistenceDriver {}\n`,
    );
    const none = join(folder, 'plugins', 'none.mjs');
    writeFileSync(none, 'export default class {}\n');
    const storage = (path: string): string => JSON.stringify({ storage: pathToFileURL(path).href });
    const foreign = await cli(['info', storage(plugin)]);
    expect(foreign.code).toBe(1);
    expect(foreign.err).toContain('another copy of the package cinderlib-wasm');
    const wrong = await cli(['info', storage(none)]);
    expect(wrong.code).toBe(1);
    expect(wrong.err).toMatch(/is no subclass of PersistenceDriver\.\n/);
  });
});
