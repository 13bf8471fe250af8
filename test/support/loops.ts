/** Runs programs that use one database repeatedly until they are stopped, and reports the outcome of each round. */
import { execFile } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { startProgram } from './program.ts';
import { nth, type Written } from './sequences.ts';

/** The outcome of one round, in a word, with what the loop had written by then, or read. */
export interface Round {
  readonly answer: string;
  readonly written?: number;
  readonly rows?: readonly Written[];
  readonly integrity?: string;
}

export type OnRound = (round: Round) => void;

export interface Loop {
  stop(): Promise<void>;
}

/** One of our own programs, which prints its rounds and stops on request. */
export function programLoop(command: readonly [string, ...string[]], onRound: OnRound): Loop {
  const program = startProgram<Round>(command, onRound);
  void program.ended.then(({ code, errors }) => {
    if (code !== 0) onRound({ answer: `${command.join(' ')} ended with ${code}: ${errors}` });
  });
  return {
    async stop() {
      program.tell('stop');
      await program.ended;
    },
  };
}

/** Native `sqlite3`, one process for each number written; `patience` is in milliseconds. */
export function sqlite3Writer(path: string, patience: number, onRound: OnRound): Loop {
  let written = 0;
  return loop(async () => {
    const { key, value } = nth('sqlite3', written);
    const insert = `INSERT OR REPLACE INTO cinderlib_persistence_key_value VALUES ('${key}', '${value}');`;
    const { answer } = await sqlite3(path, patience, Math.random() < 0.5 ? insert : `BEGIN; ${insert} COMMIT;`);
    if (answer === 'success') written += 1;
    onRound({ answer, written });
  });
}

/** Native `sqlite3`, one process for each read of all key-values, with an integrity check. */
export function sqlite3Reader(path: string, patience: number, onRound: OnRound): Loop {
  const select = "SELECT json_object('key', key, 'value', value) FROM cinderlib_persistence_key_value;";
  return loop(async () => {
    const { answer, output } = await sqlite3(path, patience, `${select} PRAGMA integrity_check;`);
    if (answer !== 'success') return onRound({ answer });
    const lines = output.trim().split('\n');
    const integrity = lines.pop() ?? '';
    onRound({ answer, integrity, rows: lines.map((line) => JSON.parse(line) as Written) });
  });
}

function loop(round: () => Promise<void>): Loop {
  let stopped = false;
  const ended = (async () => {
    while (!stopped) {
      await round();
      await sleep(Math.random() * 60);
    }
  })();
  return {
    stop() {
      stopped = true;
      return ended;
    },
  };
}

function sqlite3(path: string, patience: number, sql: string): Promise<{ answer: string; output: string }> {
  return new Promise((resolve) => {
    const parameters = ['-bail', '-cmd', `.timeout ${patience}`, path];
    const child = execFile('sqlite3', parameters, { maxBuffer: 1 << 28 }, (error, output, errors) => {
      const locked = /database is locked/.test(errors);
      resolve({ answer: error === null ? 'success' : locked ? 'locked' : `${error.message} ${errors}`, output });
    });
    child.stdin?.end(sql);
  });
}
