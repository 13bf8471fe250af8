/** A process that uses the library: what keeps it alive, how it ends, and what it leaves behind. */
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setup } from 'cinderlib-wasm';
import { describe, expect, test } from 'vitest';
import { inTemporaryFolder } from '../support/golden.ts';

/** Runs a program in a process of its own, and waits until it ends by itself. */
function runProgram(body: string, seconds = 20): Promise<{ code: number | null; out: string; errors: string }> {
  const index = fileURLToPath(new URL('../../dist/index.js', import.meta.url));
  const program = `import { KeyValue, setup } from ${JSON.stringify(index)};\n${body}`;
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--input-type=module', '-e', program]);
    let [out, errors] = ['', ''];
    child.stdout.on('data', (data) => (out += data));
    child.stderr.on('data', (data) => (errors += data));
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      reject(new Error(`The process did not end by itself. ${out}${errors}`));
    }, seconds * 1000);
    child.once('close', (code) => {
      clearTimeout(timer);
      resolve({ code, out, errors });
    });
  });
}

describe('the process', () => {
  test('ends by itself after close()', async () => {
    const { code, out, errors } = await runProgram(
      "const cl = await setup({ persistence_config: { storage: 'memory_db' } });" +
        "await cl.persistence.setKeyValue(new KeyValue('k', 'v')); await cl.close(); console.log('done');",
    );
    expect({ code, out, errors }).toEqual({ code: 0, out: 'done\n', errors: '' });
  });

  test('ends by itself even if a context was not closed', async () => {
    const { code, out, errors } = await runProgram(
      "const cl = await setup({ persistence_config: { storage: 'memory_db' } });" +
        "await cl.persistence.setKeyValue(new KeyValue('k', 'v')); console.log('done');",
    );
    expect({ code, out, errors }).toEqual({ code: 0, out: 'done\n', errors: '' });
  });

  test('does not end while a call waits for its answer', async () => {
    await inTemporaryFolder(async (folder) => {
      const url = JSON.stringify(`sqlite:///${join(folder, 'cl.sqlite')}`);
      const { code, out } = await runProgram(
        `const cl = await setup({ persistence_config: { storage: 'db', connection: ${url} } });` +
          "for (let n = 0; n < 20; n++) await cl.persistence.setKeyValue(new KeyValue('k' + n, 'v'));" +
          'console.log((await cl.persistence.getKeyValues()).length);',
      );
      expect({ code, out }).toEqual({ code: 0, out: '20\n' });
    });
  });

  test('is kept alive by a waiting call on its own thread, and no longer once it is answered', async () => {
    const { out } = await runProgram(
      "const cl = await setup({ persistence_config: { storage: 'memory_db' }, worker: false });" +
        "const timers = () => process.getActiveResourcesInfo().filter((one) => one === 'Timeout').length;" +
        'const waiting = cl.persistence.getKeyValues(); await null; const meanwhile = timers();' +
        'await waiting; console.log(meanwhile, timers());',
    );
    expect(out).toBe('1 0\n');
  });

  test.each([
    ['by itself', true, '', 0],
    ['by itself', false, '', 0],
    ['by process.exit()', true, 'process.exit(0);', 0],
    ['by process.exit()', false, 'process.exit(0);', 0],
    ['by an uncaught error', true, "setTimeout(() => { throw new Error('uncaught'); }, 10);", 1],
    ['by an uncaught error', false, "await Promise.reject(new Error('uncaught'));", 1],
  ])('that ends %s without close(), with worker: %s, leaves no lock file', async (_, worker, end, expected) => {
    await inTemporaryFolder(async (folder) => {
      const config = { storage: 'db', connection: `sqlite:///${join(folder, 'cl.sqlite')}` };
      const { code, errors } = await runProgram(
        `const cl = await setup({ persistence_config: ${JSON.stringify(config)}, worker: ${worker} });` +
          `await cl.persistence.setKeyValue(new KeyValue('k', 'v'));${end}`,
      );
      expect(errors.includes('Error: uncaught')).toBe(expected === 1);
      expect(code).toBe(expected);
      expect(existsSync(join(folder, 'cl.sqlite'))).toBe(true);
      expect(existsSync(join(folder, 'cl.sqlite.lock'))).toBe(false);
    });
  });

  test('that ends does not remove the lock file of another process', async () => {
    await inTemporaryFolder(async (folder) => {
      const database = join(folder, 'cl.sqlite');
      const config = { storage: 'db', connection: `sqlite:///${database}` };
      const { code } = await runProgram(
        `const cl = await setup({ persistence_config: ${JSON.stringify(config)} });` +
          `process.getBuiltinModule('fs').writeFileSync(${JSON.stringify(`${database}.lock`)}, 'not ours');`,
      );
      expect(code).toBe(0);
      expect(readFileSync(`${database}.lock`, 'utf8')).toBe('not ours');
    });
  });

  test('that ended without close() leaves a database that opens at once', async () => {
    await inTemporaryFolder(async (folder) => {
      const connection = `sqlite:///${join(folder, 'cl.sqlite')}`;
      const { code } = await runProgram(
        `const cl = await setup({ persistence_config: { storage: 'db', connection: ${JSON.stringify(connection)} } });` +
          "await cl.persistence.setKeyValue(new KeyValue('k', 'v'));",
      );
      expect(code).toBe(0);
      const cl = await setup({ persistence_config: { storage: 'db', connection } });
      expect((await cl.persistence.getKeyValues('k')).map(({ value }) => value)).toEqual(['v']);
      await cl.close();
    });
  });
});
