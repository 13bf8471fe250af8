/** Measures how fast a process opens one context after another: their workers share the compiled engine. */
import { execFileSync } from 'node:child_process';
import { compared, type Figure, rate } from './measure.ts';

const count = 20;

export async function laterContexts(): Promise<Figure[]> {
  // A worker of the caller's gets nothing from others. In processes of their own, since engines find what is compiled.
  const run = (worker: string): void => {
    const program = `
      import { Worker } from 'node:worker_threads';
      import { setup } from 'cinderlib-wasm';
      const script = new URL('./core-node.js', import.meta.resolve('cinderlib-wasm'));
      for (let n = 0; n < ${count}; n++) {
        const cl = await setup({ persistence_config: { storage: 'memory_db' }, worker: ${worker} });
        await cl.close();
      }`;
    execFileSync(process.execPath, ['--input-type=module', '-e', program]);
  };
  const sharing = await rate(count, () => run('true'));
  const alone = await rate(count, () => run('() => new Worker(script, { execArgv: [] })'));
  return [
    compared('contexts opened in turn (the same, each compiling the engine for itself)', 'contexts/s', sharing, alone),
  ];
}
