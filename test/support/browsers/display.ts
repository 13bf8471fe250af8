/** Starts a virtual display (Xvfb), for browsers that cannot run without one. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';

export interface Display {
  /** Such as `:99`. */
  readonly name: string;
  close(): Promise<void>;
}

export async function openDisplay(): Promise<Display> {
  // Xvfb chooses a free display number, and writes it when it is ready.
  const child = spawn('Xvfb', ['-displayfd', '1', '-screen', '0', '1280x800x24', '-nolisten', 'tcp'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const stop = (): void => void child.kill('SIGTERM');
  process.once('exit', stop);
  const ended = once(child, 'exit');
  const [number] = await Promise.race([once(child.stdout, 'data'), ended.then(() => ['none'])]);
  const name = `:${String(number).trim()}`;
  if (name === ':none') throw new Error('Xvfb ended before it had a display.');
  return {
    name,
    async close() {
      process.off('exit', stop);
      stop();
      await ended;
    },
  };
}
