/** Starts SQLite's WebAssembly engine: verifies it, patches in our file functions, and probes it. */
import newSqlJs, { type SqlJs } from 'virtual:sql.js';
import { compileEngine, engineRefused } from '../../wasm/load.ts';
import { isCinderlibError, StorageFailure } from '../errors/index.ts';
import { Heap } from './heap.ts';
import { mismatch, type VfsLayout, vfsLayout } from './layout.ts';
import { probe } from './probe.ts';
import { SqliteInstance } from './sqlite-instance.ts';
import { Vfs } from './vfs.ts';

/** One for each realm, shared by all databases that are open in it: each reserves gigabytes of addresses. */
let running: Promise<SqliteInstance> | null = null;
/** Compiled once: an instance that takes the place of one that failed needs no file. */
let compiled: WebAssembly.Module | null = null;

/**
 * Starts SQLite, or returns the instance that already runs in this realm. One that has failed is replaced.
 *
 * @throws {EngineMismatch} when it is missing or not the pinned one
 * @throws {StorageFailure} when there is no memory for it, or it fails while it starts
 */
export async function startSqlite(): Promise<SqliteInstance> {
  running ??= start();
  const found = running;
  const instance = await found;
  if (instance.fault === null) return instance;
  // Another caller may have replaced it already.
  if (running === found) running = null;
  return startSqlite();
}

async function start(): Promise<SqliteInstance> {
  try {
    compiled ??= await compileEngine();
    const { sqlite, instance } = await instantiate(compiled);
    return adopt(sqlite, instance);
  } catch (error) {
    // The next call may try again.
    running = null;
    if (isCinderlibError(error)) throw error;
    const message = `The SQLite engine failed while it started (${String(error)}). Try again.`;
    throw new StorageFailure(message, null, null, { cause: error });
  }
}

/** Patches and probes an instance of the engine; `layout` differs only in tests. */
export function adopt(sqlite: SqlJs, instance: WebAssembly.Instance, layout: VfsLayout = vfsLayout): SqliteInstance {
  // The names of exports are minified and differ between releases; there is one of each kind.
  const parts = Object.values(instance.exports);
  const memory = parts.find((part) => part instanceof WebAssembly.Memory);
  const table = parts.find((part) => part instanceof WebAssembly.Table);
  if (memory === undefined || table === undefined) throw mismatch('an export', 'a memory and a table', 'missing');
  const heap = new Heap(memory);
  const vfs = new Vfs(sqlite, { heap, table }, layout);
  probe(sqlite, heap, vfs);
  return new SqliteInstance({ sqlite, heap, vfs });
}

/** Starts an instance of its own, without our files. */
export function instantiate(module: WebAssembly.Module): Promise<{ sqlite: SqlJs; instance: WebAssembly.Instance }> {
  return new Promise((resolve, reject) => {
    const ready = newSqlJs()({
      async instantiateWasm(imports, done) {
        try {
          const instance = await WebAssembly.instantiate(module, imports);
          const { exports, restore } = watched(instance.exports, reject);
          done({ exports });
          const sqlite = await ready;
          restore(sqlite);
          resolve({ sqlite, instance });
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

/**
 * Reports what WebAssembly throws while sql.js starts. sql.js calls it in a promise of its own: nobody would hear of
 * it, and Node would end the process. Once it has started, `restore` puts the functions themselves back.
 */
function watched(exports: WebAssembly.Exports, report: (error: unknown) => void) {
  let isStarting = true;
  const originals = new Map<unknown, unknown>();
  const parts = Object.entries(exports).map(([name, part]) => {
    if (typeof part !== 'function') return [name, part];
    const call = (...parameters: unknown[]): unknown => {
      try {
        return part(...parameters);
      } catch (error) {
        // Functions of sql.js go on calling this one, not what `restore` puts back.
        if (!isStarting) throw error;
        report(error);
        return 0;
      }
    };
    originals.set(call, part);
    return [name, call];
  });
  return {
    exports: Object.fromEntries(parts),
    restore(sqlite: SqlJs): void {
      isStarting = false;
      for (const [name, part] of Object.entries(sqlite)) {
        if (originals.has(part)) Reflect.set(sqlite, name, originals.get(part));
      }
    },
  };
}
