/** Starts the SQLite engine: verifies it, patches in our file functions, and probes it. */
import newSqlJs, { type SqlJs } from 'sql.js/dist/sql-wasm-browser.js';
import { compileEngine, engineRefused } from '../../wasm/load.ts';
import { Engine } from './engine.ts';
import { Heap } from './heap.ts';
import { Vfs } from './install.ts';
import { mismatch, type VfsLayout, vfsLayout } from './layout.ts';
import { probe } from './probe.ts';

/** Where the engine comes from: a file to verify and compile, or the result of an earlier `compileEngine`. */
export type EngineSource = URL | WebAssembly.Module;

let running: Promise<Engine> | null = null;
/** The same engine, once it has been started. */
let started: Engine | null = null;
/** Compiled once: an engine that takes the place of one that failed needs no file. */
let compiled: WebAssembly.Module | null = null;

/**
 * Starts the engine, or returns the one that already runs in this realm. One that has failed is replaced.
 *
 * @param source by default the file beside the bundle; has no effect once an engine has run
 * @throws {EngineMismatch} when it is missing or not the pinned one
 * @throws {StorageFailure} when there is no memory for it
 */
export function startEngine(source?: EngineSource): Promise<Engine> {
  if (started !== null && started.fault !== null) running = started = null;
  running ??= start(source);
  return running;
}

async function start(source: EngineSource | undefined): Promise<Engine> {
  try {
    compiled ??= source instanceof WebAssembly.Module ? source : await compileEngine(source);
    const { sqlite, instance } = await instantiate(compiled);
    started = adopt(sqlite, instance);
    return started;
  } catch (error) {
    // The next call may try again.
    running = null;
    throw error;
  }
}

/** Patches and probes an instance; `layout` differs only in tests. */
export function adopt(sqlite: SqlJs, instance: WebAssembly.Instance, layout: VfsLayout = vfsLayout): Engine {
  // The names of exports are minified and differ between releases; there is one of each kind.
  const parts = Object.values(instance.exports);
  const memory = parts.find((part) => part instanceof WebAssembly.Memory);
  const table = parts.find((part) => part instanceof WebAssembly.Table);
  if (memory === undefined || table === undefined) throw mismatch('an export', 'a memory and a table', 'missing');
  const heap = new Heap(memory);
  const vfs = new Vfs(sqlite, { heap, table }, layout);
  probe(sqlite, heap, vfs);
  return new Engine(sqlite, heap, vfs);
}

/** Starts an engine of its own, without our files. */
export function instantiate(module: WebAssembly.Module): Promise<{ sqlite: SqlJs; instance: WebAssembly.Instance }> {
  return new Promise((resolve, reject) => {
    const ready = newSqlJs()({
      async instantiateWasm(imports, done) {
        try {
          const instance = await WebAssembly.instantiate(module, imports);
          done(instance);
          resolve({ sqlite: await ready, instance });
        } catch (error) {
          const isRefused = error instanceof WebAssembly.CompileError || error instanceof RangeError;
          reject(isRefused ? engineRefused(error) : error);
        }
      },
      // Whatever it prints it also throws.
      print() {},
      printErr() {},
    });
  });
}
