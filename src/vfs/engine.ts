/**
 * A running instance of the engine: provides what it imports, and names what it exports.
 *
 * The script of sql.js would do so too. It is not used, because 12 of its 13 compressed kilobytes are an API and a file
 * system in memory that have no use here, and because it starts only one engine, of which it does not report a failure.
 */
import { engineRefused } from '../../wasm/load.ts';
import {
  exportNames,
  functionNames,
  importModule,
  importNames,
  type SqliteFunctions,
} from '../../wasm/sqlite-functions.ts';
import { StorageFailure } from '../errors/index.ts';
import { Heap } from './heap.ts';
import { mismatch } from './layout.ts';

/** SQLite's functions, and what is needed to give them texts and functions of ours. */
export interface Sqlite extends SqliteFunctions {
  /** Puts a function into the table, and returns its pointer. `signature`: as in {@link wasmFunction}. */
  addFunction(callback: (...parameters: never[]) => number, signature: string): number;
  /** Allocates memory, which the caller frees. Throws StorageFailure when out of memory. */
  malloc(size: number): number;
  /** Copies text into newly allocated memory, which the caller frees. Throws as `malloc` does. */
  newText(text: string): number;
  /** The text at the pointer, up to its first NUL; empty if the pointer is NULL. */
  textAt(pointer: number): string;
}

export interface Engine {
  readonly sqlite: Sqlite;
  readonly heap: Heap;
  readonly table: WebAssembly.Table;
}

/** The most that the engine was built for, in bytes. */
const largestMemory = 2 ** 31;
/** WASI's result code of a function that is not there. */
const notSupported = 52;

/** Starts an instance of its own, which has no files yet. */
export async function startEngine(module: WebAssembly.Module): Promise<Engine> {
  // Set before the first call of its functions, and so before they call what they import.
  let heap: Heap;
  const { exports } = await instantiate(module, () => heap);
  const { [exportNames.memory]: memory, [exportNames.table]: table } = exports;
  if (!(memory instanceof WebAssembly.Memory)) throw mismatch(exportNames.memory, 'a memory', typeof memory);
  if (!(table instanceof WebAssembly.Table)) throw mismatch(exportNames.table, 'a table', typeof table);
  heap = new Heap(memory);
  functionIn(exports, exportNames.start)();
  return { sqlite: sqliteIn(exports, heap, table), heap, table };
}

async function instantiate(module: WebAssembly.Module, heap: () => Heap): Promise<WebAssembly.Instance> {
  try {
    return await WebAssembly.instantiate(module, { [importModule]: imports(module, heap) });
  } catch (error) {
    const isRefused = error instanceof WebAssembly.CompileError || error instanceof RangeError;
    throw isRefused ? engineRefused(error) : error;
  }
}

/**
 * What the engine imports. Most of that are the system calls of SQLite's own files: none is ever made, since the
 * functions that would are replaced (`vfs.ts`). One that is made all the same ends the engine like any other trap.
 */
function imports(module: WebAssembly.Module, heap: () => Heap): WebAssembly.ModuleImports {
  const refusing = WebAssembly.Module.imports(module).map(({ name }) => [name, () => refuse(name)]);
  return {
    ...Object.fromEntries(refusing),
    [importNames.abort]: () => refuse('abort'),
    // There are no environment variables.
    [importNames.environmentSize]: () => notSupported,
    [importNames.largestMemory]: () => largestMemory,
    [importNames.growMemory]: (bytes: number) => heap().grow(bytes >>> 0, largestMemory),
    [importNames.milliseconds]: () => performance.now(),
    [importNames.date]: () => Date.now(),
    [importNames.localTime]: (seconds: bigint, result: number) => localTime(heap(), Number(seconds), result),
    // SQLite needs no names of time zones.
    [importNames.timeZone]: () => {},
  };
}

function refuse(name: string): never {
  throw new WebAssembly.RuntimeError(`it called ${name}`);
}

/** Stores the fields of C's `struct tm` that SQLite reads. Returns whether there is no such time. */
function localTime(heap: Heap, seconds: number, result: number): 0 | 1 {
  const time = new Date(seconds * 1000);
  if (Number.isNaN(time.getTime())) return 1;
  const date = [time.getDate(), time.getMonth(), time.getFullYear() - 1900];
  const fields = [time.getSeconds(), time.getMinutes(), time.getHours(), ...date];
  for (const [index, value] of fields.entries()) heap.setWord(result + 4 * index, value);
  return 0;
}

type WasmFunction = (...words: number[]) => number;

function functionIn(exports: WebAssembly.Exports, name: string): WasmFunction {
  const found = exports[name];
  if (typeof found !== 'function') throw mismatch(`its export ${name}`, 'a function', typeof found);
  // As declared in SqliteFunctions.
  return found as WasmFunction;
}

function sqliteIn(exports: WebAssembly.Exports, heap: Heap, table: WebAssembly.Table): Sqlite {
  const functions = Object.entries(functionNames).map(([name, exported]) => [name, functionIn(exports, exported)]);
  // The names of all that SqliteFunctions declares.
  const sqlite = Object.fromEntries(functions) as SqliteFunctions;
  const [encoder, decoder] = [new TextEncoder(), new TextDecoder()];
  const malloc = (size: number): number => {
    const pointer = sqlite.malloc(size);
    if (pointer === 0) throw new StorageFailure('SQLite is out of memory.', null, 'ENOMEM');
    return pointer;
  };
  return {
    ...sqlite,
    addFunction(callback, signature) {
      const pointer = table.grow(1);
      table.set(pointer, wasmFunction(callback, signature));
      return pointer;
    },
    malloc,
    newText(text) {
      const bytes = encoder.encode(text);
      const pointer = malloc(bytes.length + 1);
      heap.bytes.set(bytes, pointer);
      heap.bytes[pointer + bytes.length] = 0;
      return pointer;
    },
    textAt(pointer) {
      const { bytes } = heap;
      return pointer === 0 ? '' : decoder.decode(bytes.subarray(pointer, bytes.indexOf(0, pointer)));
    },
  };
}

/**
 * Makes a function of WebAssembly, which a table demands, of one that is not: imported into a module of its own, and
 * exported again. `WebAssembly.Function`, made for this, exists in no browser yet.
 *
 * @param signature the type of the result, then of each parameter: `i` is 32 bits, `j` a BigInt of 64
 */
function wasmFunction(callback: (...parameters: never[]) => number, signature: string): WasmFunction {
  const [result = 0, ...parameters] = Array.from(signature, (type) => (type === 'j' ? 0x7e : 0x7f));
  const type = [0x60, parameters.length, ...parameters, 1, result];
  const module = [
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0], // "\0asm", version 1
    ...[1, 1 + type.length, 1, ...type], // one type
    ...[2, 7, 1, 1, 0x65, 1, 0x66, 0, 0], // one import, "e" "f", a function of that type
    ...[7, 5, 1, 1, 0x66, 0, 0], // one export, "f", that function
  ];
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(Uint8Array.from(module)), { e: { f: callback } });
  return functionIn(exports, 'f');
}
