/** Measures the time from starting a process to its first answer from an existing database. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { compared, type Figure, onDisk, rate } from './measure.ts';
import { emptyDatabase } from './peer.ts';

export async function firstAnswer(): Promise<Figure[]> {
  return onDisk(async (folder) => {
    const path = join(folder, 'there.sqlite');
    await emptyDatabase(`sqlite:///${path}`);
    const run = (program: string): void => {
      const { status, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
        encoding: 'utf8',
      });
      if (status !== 0) throw new Error(stderr);
    };
    const url = JSON.stringify(`sqlite:///${path}`);
    const ours = (options: string): string =>
      "import { setup } from 'cinderlib-wasm';" +
      `const cl = await setup({ persistence_config: { storage: 'db', connection: ${url} }, ${options} });` +
      'await cl.persistence.getVolumes(); await cl.close();';
    const peer =
      "import { createRequire } from 'node:module';" +
      `const Database = createRequire(${JSON.stringify(join(process.cwd(), 'bench', 'package.json'))})('better-sqlite3');` +
      `new Database(${JSON.stringify(path)}).prepare('SELECT * FROM volumes').all();`;
    const inWorker = await rate(1, () => run(ours('worker: true')));
    const onThread = await rate(1, () => run(ours('worker: false')));
    const native = await rate(1, () => run(peer));
    return [
      compared('processes started, first answer, core in a worker (better-sqlite3)', 'starts/s', inWorker, native),
      compared(
        'processes started, first answer, core on the same thread (the same peer)',
        'starts/s',
        onThread,
        native,
      ),
    ];
  });
}
