/**
 * Four concurrent loops on one file: a native writer, a native reader, and a writer and a reader of this library.
 * Each call is answered or has to wait; no reader sees damage, a gap or an older state after a newer one; nothing
 * acknowledged is lost. Once with `sqlite3`, once with Python's sqlite3.
 *
 * 100 rounds of each loop beside sqlite3 on Node, 60 beside Python, 40 on the others; CINDERLIB_ROUNDS=2000 for more.
 */
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { setup } from 'cinderlib-wasm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Loop, type OnRound, programLoop, type Round, sqlite3Reader, sqlite3Writer } from '../support/loops.ts';
import { needs } from '../support/native-programs.ts';
import { buildProgram } from '../support/program.ts';
import { rounds, timeFor } from '../support/rounds.ts';
import { bun, deno, newNode, node } from '../support/runtimes.ts';
import { View } from '../support/sequences.ts';
import { integrity } from '../support/tables.ts';

const pythonProgram = fileURLToPath(new URL('./programs/native.py', import.meta.url));
/** How long each program waits for a lock, in milliseconds. */
const patience = 300;
const allowed = new Set(['success', 'locked', 'changed']);

let folder: string;
let ours: { readonly write: string; readonly read: string };
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'native-'));
  const built = (name: string) => buildProgram(new URL(`./programs/${name}.ts`, import.meta.url), folder);
  ours = { write: await built('write'), read: await built('read') };
});
afterAll(() => rmSync(folder, { recursive: true }));

/** The loops of a native program. */
const natives = {
  sqlite3: {
    program: 'sqlite3',
    writing: (path: string, onRound: OnRound) => sqlite3Writer(path, patience, onRound),
    reading: (path: string, onRound: OnRound) => sqlite3Reader(path, patience, onRound),
  },
  python: {
    program: 'python3',
    writing: (path: string, onRound: OnRound) =>
      programLoop(['python3', pythonProgram, 'write', path, String(patience / 1000)], onRound),
    reading: (path: string, onRound: OnRound) =>
      programLoop(['python3', pythonProgram, 'read', path, String(patience / 1000)], onRound),
  },
} as const;

// Node 20 holds the native lock with a process of `sqlite3`, the other runtimes with the SQLite that is built in.
test.for([
  ['sqlite3', 'node', node, 100],
  ['python', 'node', node, 60],
  ['sqlite3', 'new node', newNode, 40],
  ['sqlite3', 'deno', deno, 40],
  ['sqlite3', 'bun', bun, 40],
] as const)(
  'with %s beside this library on %s no write is lost, and no reader sees an invalid state',
  { timeout: timeFor(rounds(150), 1000) },
  async ([name, runtimeName, { command, missing }, usual], { skip }) => {
    const native = natives[name];
    needs(native.program, 'sqlite3');
    if (command === null) return skip(missing);
    const path = join(folder, `${name}-${runtimeName}`, 'cl.sqlite');
    await createDatabase(path);
    const wanted = rounds(usual);
    const ourProgram = (program: string) => (onRound: OnRound) =>
      programLoop([...command, program, path, String(patience)], onRound);
    const begun = Date.now();
    const tallies = {
      nativeWriter: new Tally((onRound) => native.writing(path, onRound)),
      nativeReader: new Tally((onRound) => native.reading(path, onRound)),
      ourWriter: new Tally(ourProgram(ours.write)),
      ourReader: new Tally(ourProgram(ours.read)),
    };
    const all = Object.values(tallies);
    // On a busy machine, a reader without locks may need many rounds beside the writers.
    const isDone = ({ rounds, answers }: Tally): boolean =>
      rounds >= wanted && (answers.has('success') || rounds >= 20 * wanted);
    while (!all.every(isDone) && all.every((tally) => tally.problems.length === 0)) await sleep(20);
    await Promise.all(all.map((tally) => tally.loop.stop()));
    console.log(`${name} and ${runtimeName}, ${Math.round((Date.now() - begun) / 1000)} s: ${JSON.stringify(tallies)}`);

    for (const [who, { problems, answers }] of Object.entries(tallies)) {
      expect(problems.slice(0, 5), who).toEqual([]);
      expect(answers.get('success') ?? 0, who).toBeGreaterThan(0);
    }
    const view = await finalView(path);
    expect(view.count(name)).toBe(tallies.nativeWriter.written);
    expect(view.count('ours')).toBe(tallies.ourWriter.written);
    expect(readdirSync(dirname(path))).toEqual(['cl.sqlite']);
    expect(integrity(path)).toBe('ok');
  },
);

/** Counts the outcomes of one loop's rounds, and checks what it saw. */
class Tally {
  readonly answers = new Map<string, number>();
  readonly problems: string[] = [];
  readonly loop: Loop;
  readonly #view = new View();
  rounds = 0;
  written = 0;

  constructor(start: (onRound: OnRound) => Loop) {
    this.loop = start((round) => this.#take(round));
  }

  /** A summary for the line that is printed. */
  toJSON(): Record<string, number> {
    return { ...Object.fromEntries(this.answers), ...(this.written > 0 ? { written: this.written } : {}) };
  }

  #take({ answer, written = this.written, rows, integrity: checked = 'ok' }: Round): void {
    this.rounds += 1;
    this.written = written;
    this.answers.set(answer, (this.answers.get(answer) ?? 0) + 1);
    if (!allowed.has(answer)) this.problems.push(answer);
    if (checked !== 'ok') this.problems.push(`integrity_check said ${checked}.`);
    if (rows !== undefined) this.problems.push(...this.#view.take(rows));
  }
}

async function createDatabase(path: string): Promise<void> {
  mkdirSync(dirname(path));
  const persistence_config = { storage: 'db', connection: `sqlite:///${path}` };
  await (await setup({ persistence_config, worker: false })).close();
}

/** The final content, as this library reads it. */
async function finalView(path: string): Promise<View> {
  const persistence_config = { storage: 'db', connection: `sqlite:///${path}` };
  const cl = await setup({ persistence_config, worker: false });
  const view = new View();
  expect(view.take(await cl.persistence.getKeyValues())).toEqual([]);
  await cl.close();
  return view;
}
