/**
 * Reads through this library with `read_only` while others write, until it is told to stop.
 * `node read.mjs <database> <busy_timeout>`
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { setup } from 'cinderlib-wasm';
import { answerOf } from './answer.ts';
import { say } from './say.ts';
import { slowDown } from './slow.ts';
import { isStopped } from './stop.ts';

const [path = '', busy_timeout = ''] = process.argv.slice(2);

slowDown('readSync', 0.1);
while (!isStopped()) {
  const { answer, value: cl } = await answerOf(() =>
    setup({
      persistence_config: {
        storage: 'db',
        connection: `sqlite:///${path}`,
        read_only: true,
        busy_timeout: Number(busy_timeout),
      },
      worker: false,
    }),
  );
  if (cl === undefined) say({ answer });
  // The same context reads again: it must not show what it kept in its cache.
  for (let left = cl === undefined ? 0 : 3; left > 0; left--) {
    const { answer, value: rows } = await answerOf(async () => cl?.persistence.getKeyValues());
    say({ answer, rows });
    await sleep(Math.random() * 10);
  }
  await cl?.close();
}
