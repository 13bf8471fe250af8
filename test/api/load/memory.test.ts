/** How much memory `load()` needs for a long text. */
import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';

test('load() locates an error in a long text without much memory', () => {
  const index = JSON.stringify(new URL('../../../dist/index.js', import.meta.url));
  const program = `const cl = await (await import(${index})).setup();
    await cl.load('["' + 'a'.repeat(30e6) + '",').catch((error) => console.log(error.message));`;
  // A list of the characters alone would take 240 MB.
  const run = spawnSync(process.execPath, ['--max-old-space-size=150', '--input-type=module', '-e', program], {
    encoding: 'utf8',
  });
  expect(run.stdout).toBe('Expecting value: line 1 column 30000005 (char 30000004)\n');
});
