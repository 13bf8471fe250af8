/**
 * Writes through this library while others write too, until it is told to stop: opens, writes some, closes, and
 * so on. `node write.mjs <database> <busy_timeout>`
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Cinderlib, DatabaseChanged, KeyValue, setup } from 'cinderlib-wasm';
import { nth } from '../../support/sequences.ts';
import { answerOf } from './answer.ts';
import { say } from './say.ts';
import { slowDown } from './slow.ts';
import { isStopped } from './stop.ts';

const [path = '', busy_timeout = ''] = process.argv.slice(2);
let written = 0;

slowDown('writeSync', 1);
while (!isStopped()) {
  const { answer, value } = await answerOf(() =>
    setup({
      persistence_config: { storage: 'db', connection: `sqlite:///${path}`, busy_timeout: Number(busy_timeout) },
      worker: false,
    }),
  );
  say({ answer, written });
  if (value !== undefined) {
    await writeSome(value);
    await value.close();
  }
  await sleep(Math.random() * 60);
}

async function writeSome(cl: Cinderlib): Promise<void> {
  for (let left = Math.ceil(Math.random() * 6); left > 0; left--) {
    const { key, value } = nth('ours', written);
    const { answer, error } = await answerOf(() => cl.persistence.setKeyValue(new KeyValue(key, value)));
    if (error === undefined) written += 1;
    say({ answer, written });
    if (error instanceof DatabaseChanged) await cl.refresh();
    await sleep(Math.random() * 30);
  }
}
