/** Runs a program on a pseudo-terminal, made by `script` of util-linux, so that it behaves as it does for a person. */
import { spawn, spawnSync } from 'node:child_process';

/** Why there is no terminal; null if there is one. */
export const missingTerminal =
  spawnSync('script', ['--version']).status === 0 ? null : 'missing: script; apt-get install bsdutils';

export interface OnTerminal {
  /** All output so far, with its escape sequences. */
  readonly shown: string;
  /** Resolves once the output matches. */
  waitFor(pattern: RegExp): Promise<void>;
  type(keys: string): void;
  /** Resolves with the exit code. */
  readonly ended: Promise<number | null>;
}

export const controlC = '\x03';

/** Runs a program on a terminal of that width. */
export function onTerminal(command: readonly string[], columns = 120): OnTerminal {
  const quoted = command.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(' ');
  const line = `stty cols ${columns} rows 40; exec ${quoted}`;
  const environment = { ...process.env, SHELL: '/bin/sh', TERM: 'xterm', NO_COLOR: '', FORCE_COLOR: '', CI: '' };
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
