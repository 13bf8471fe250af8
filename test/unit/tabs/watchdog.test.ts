/** How long a silent tab is waited for. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { pause } from '../../../src/runtime.ts';
import { Watchdog } from '../../../src/tabs/watchdog.ts';

describe('a watchdog', () => {
  const timeout = 4000;
  let waits = true;
  let said: string[] = [];
  let watchdog: Watchdog;

  beforeEach(() => {
    vi.useFakeTimers();
    // No jitter.
    vi.spyOn(Math, 'random').mockReturnValue(0);
    waits = true;
    said = [];
    watchdog = new Watchdog(timeout, {
      waits: () => waits,
      ask: () => void said.push('ask'),
      expired: () => void said.push('expired'),
    });
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.restoreAllMocks();
  });

  test('asks from half of the timeout on, expires at its end, and begins anew', () => {
    vi.advanceTimersByTime(2 * timeout);
    expect(said).toEqual([]);
    watchdog.start();
    vi.advanceTimersByTime(timeout / 2 - 1);
    expect(said).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(said).toEqual(['ask']);
    vi.advanceTimersByTime(timeout / 2 - 1);
    expect(said).toEqual(['ask', 'ask']);
    vi.advanceTimersByTime(1);
    expect(said).toEqual(['ask', 'ask', 'expired']);
    vi.advanceTimersByTime(timeout);
    expect(said).toEqual(['ask', 'ask', 'expired', 'ask', 'ask', 'expired']);
  });

  test('is postponed by a sign of life, but not by another start', () => {
    watchdog.start();
    vi.advanceTimersByTime(timeout / 2);
    watchdog.reset();
    vi.advanceTimersByTime(timeout / 2 - 1);
    expect(said).toEqual(['ask']);
    vi.advanceTimersByTime(1);
    watchdog.start();
    vi.advanceTimersByTime(timeout / 2 - 1);
    expect(said).toEqual(['ask', 'ask', 'ask']);
    vi.advanceTimersByTime(1);
    expect(said).toEqual(['ask', 'ask', 'ask', 'expired']);
  });

  test('ends when nothing waits any more, and can be started again', () => {
    watchdog.start();
    vi.advanceTimersByTime(timeout / 2);
    waits = false;
    vi.advanceTimersByTime(timeout);
    expect([said, vi.getTimerCount()]).toEqual([['ask'], 0]);
    waits = true;
    watchdog.start();
    vi.advanceTimersByTime(timeout);
    expect(said).toEqual(['ask', 'ask', 'ask', 'expired']);
  });

  test('ends when it is stopped', () => {
    watchdog.start();
    vi.advanceTimersByTime(timeout / 2);
    watchdog.stop();
    vi.advanceTimersByTime(timeout);
    expect([said, vi.getTimerCount()]).toEqual([['ask'], 0]);
  });

  test('gives a busy machine a second, however short the timeout', () => {
    const hasty = new Watchdog(1, { waits: () => true, ask() {}, expired: () => void said.push('expired') });
    hasty.start();
    vi.advanceTimersByTime(999);
    expect(said).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(said).toEqual(['expired']);
  });
});

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
