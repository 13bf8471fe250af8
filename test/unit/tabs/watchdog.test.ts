/** How long a leader is waited for that says nothing. */
import { expect, test } from 'vitest';
import { pause } from '../../../src/runtime.ts';
import { Watchdog } from '../../../src/tabs/watchdog.ts';

test('more than a timer can wait is not over at once', async () => {
  const said: string[] = [];
  const watchdog = new Watchdog(1e11, {
    waits: () => true,
    ask: () => void said.push('ask'),
    expired: () => void said.push('exhausted'),
  });
  watchdog.start();
  await pause(50);
  watchdog.stop();
  expect(said).toEqual([]);
});

test('a pause that is longer than that is none that is over at once either', async () => {
  expect(await Promise.race([pause(3e9).then(() => 'over'), pause(50)])).toBeUndefined();
});
