/** A terminal for a program that it takes for a person's: made by `script`, of util-linux. */
import { spawn, spawnSync } from 'node:child_process';

/** Why there is none; null when there is. */
export const missingTerminal =
  spawnSync('script', ['--version']).status === 0 ? null : 'missing: script; apt-get install bsdutils';

export interface OnTerminal {
  /** Everything that was shown so far, with its escapes. */
  readonly shown: string;
  /** Resolves when something like that was shown. */
  waitFor(pattern: RegExp): Promise<void>;
  type(keys: string): void;
  /** Resolves with the exit code. */
  readonly ended: Promise<number | null>;
}

export const controlC = '\x03';

/** Runs a program on a terminal that is so many characters wide. */
export function onTerminal(command: readonly string[], columns = 120): OnTerminal {
  const quoted = command.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(' ');
  const line = `stty cols ${columns} rows 40; exec ${quoted}`;
  const environment = { ...process.env, TERM: 'xterm', NO_COLOR: '', FORCE_COLOR: '', CI: '' };
  const child = spawn('script', ['-qec', line, '/dev/null'], { stdio: 'pipe', env: environment });
  let shown = '';
  const waiting = new Set<() => void>();
  child.stdout.setEncoding('utf8').on('data', (text) => {
    shown += text;
    for (const look of waiting) look();
  });
  const ended = new Promise<number | null>((resolve) => {
    child.once('close', (code) => {
      for (const look of waiting) look();
      resolve(code);
    });
  });
  return {
    ended,
    get shown() {
      return shown;
    },
    waitFor: (pattern) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const isOver = child.exitCode !== null || child.signalCode !== null;
          if (!pattern.test(shown) && !isOver) return;
          waiting.delete(look);
          if (pattern.test(shown)) resolve();
          else reject(new Error(`It ended without showing ${pattern}: ${shown}`));
        };
        waiting.add(look);
        look();
      }),
    type: (keys) => void child.stdin.write(keys),
  };
}
