/** How long a silent leader is waited for. */
import { expect, test } from 'vitest';
import { pause } from '../../../src/runtime.ts';
import { Watchdog } from '../../../src/tabs/watchdog.ts';

test('patience longer than a timer can wait does not run out at once', async () => {
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

test('pause() longer than a timer can wait does not end at once', async () => {
  expect(await Promise.race([pause(3e9).then(() => 'over'), pause(50)])).toBeUndefined();
});
