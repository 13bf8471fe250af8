/** An engine that traps on purpose: in the middle of SQLite, where it calls a file's method, or in a function of its API. */
import type { SqliteInstance } from '../../../src/vfs/sqlite-instance.ts';
import { adopt } from '../../../src/vfs/start-sqlite.ts';
import { freshEngine } from './fresh-engine.ts';

export class Trap {
  /** How many calls are left until one traps; none does by default. */
  #left = Number.POSITIVE_INFINITY;
  #late = false;
  #sprung = false;
  /** The calls after the trap: there must be none. */
  later = 0;

  /** @param late whether the call first does its work */
  arm(at: number, late: boolean): void {
    this.#left = at;
    this.#late = late;
  }

  disarm(): void {
    this.#left = Number.POSITIVE_INFINITY;
  }

  get sprung(): boolean {
    return this.#sprung;
  }

  wrap<P extends unknown[]>(call: (...parameters: P) => number): (...parameters: P) => number {
    return (...parameters) => {
      if (this.#sprung) this.later += 1;
      const springs = --this.#left === 0;
      const result = springs && !this.#late ? 0 : call(...parameters);
      if (!springs) return result;
      this.#sprung = true;
      throw new WebAssembly.RuntimeError('Out of bounds memory access');
    };
  }
}

/** @param where which calls can trap: those that SQLite makes of our functions, or ours of SQLite's */
export async function trappingEngine(
  where: 'files' | 'API',
): Promise<{ readonly engine: SqliteInstance; readonly trap: Trap }> {
  const fresh = await freshEngine();
  const { sqlite } = fresh;
  const trap = new Trap();
  if (where === 'files') {
    const { addFunction } = sqlite;
    sqlite.addFunction = (callback, signature) => addFunction(trap.wrap(callback), signature);
  }
  const engine = adopt(fresh);
  if (where === 'API') {
    for (const [name, call] of Object.entries(sqlite)) {
      if (name.startsWith('sqlite3_') && typeof call === 'function') Reflect.set(sqlite, name, trap.wrap(call));
    }
  }
  return { engine, trap };
}
