/** Starts the SQLite engine: verifies it, patches in our file functions, and probes it. */
import initSqlJs, { type SqlJs } from 'sql.js/dist/sql-wasm-browser.js';
import { compileEngine, engineRefused } from '../../wasm/load.ts';
import { EngineMismatch } from '../errors/index.ts';
import { Heap } from './heap.ts';
import { Vfs } from './install.ts';
import { mismatch, type VfsLayout, vfsLayout } from './layout.ts';
import { probe } from './probe.ts';

/** Where the engine comes from: a file to verify and compile, or the result of an earlier `compileEngine`. */
export type EngineSource = URL | WebAssembly.Module;

export interface Engine {
  readonly sqlite: SqlJs;
  readonly heap: Heap;
  readonly vfs: Vfs;
}

const running = Symbol('running engine');
/** sql.js keeps one instance per realm; we keep ours on its start function, so that the two agree. */
type Starter = typeof initSqlJs & { [running]?: Promise<Engine> };

/**
 * Starts the engine, or returns the one that already runs in this realm.
 *
 * @param source by default the file beside the bundle; has no effect when the engine already runs
 * @throws {EngineMismatch} when it is missing or not the pinned one
 * @throws {StorageFailure} when there is no memory for it
 */
export function startEngine(source?: EngineSource): Promise<Engine> {
  const starter: Starter = initSqlJs;
  starter[running] ??= start(starter, source);
  return starter[running];
}

async function start(starter: Starter, source: EngineSource | undefined): Promise<Engine> {
  let module: WebAssembly.Module;
  try {
    module = source instanceof WebAssembly.Module ? source : await compileEngine(source);
  } catch (error) {
    // sql.js has not been started yet, so the next call may try again.
    delete starter[running];
    throw error;
  }
  const { sqlite, instance } = await instantiate(starter, module);
  return adopt(sqlite, instance);
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
  try {
    probe(sqlite, heap, vfs);
  } catch (error) {
    vfs.restore();
    throw error;
  }
  return { sqlite, heap, vfs };
}

function instantiate(
  starter: Starter,
  module: WebAssembly.Module,
): Promise<{ sqlite: SqlJs; instance: WebAssembly.Instance }> {
  return new Promise((resolve, reject) => {
    let instance: WebAssembly.Instance | undefined;
    const started = starter({
      instantiateWasm(imports, done) {
        WebAssembly.instantiate(module, imports)
          .then((made) => {
            instance = made;
            done(made);
          })
          .catch((error) => {
            const isRefused = error instanceof WebAssembly.CompileError || error instanceof RangeError;
            reject(isRefused ? engineRefused(error) : error);
          });
      },
      // Whatever it prints it also throws.
      print() {},
      printErr() {},
    });
    started.then((sqlite) => {
      if (instance !== undefined) resolve({ sqlite, instance });
      else reject(new EngineMismatch('sql.js was started before by other code in this realm. Use another worker.'));
    }, reject);
  });
}
