/**
 * The SQLite engine as this thread has compiled it, or another of the same page or process: threads share what is
 * compiled, so that every worker after the first starts in half the time.
 */
import { compileEngine } from '../../wasm/load.ts';
import pin from '../../wasm/pin.json' with { type: 'json' };

/** The engine on its way from thread to thread. */
export interface CompiledEngine {
  /** Of the file that it was compiled from. */
  readonly sha256: string;
  readonly module: WebAssembly.Module;
}

let compiled: CompiledEngine | null = null;

/** What this thread has to pass on; null until it has compiled something. */
export function compiledEngine(): CompiledEngine | null {
  return compiled;
}

/** Takes what another thread has compiled, unless that belongs to another version of this library. */
export function setEngine(engine: CompiledEngine): void {
  if (engine.sha256 === pin.sha256) compiled ??= engine;
}

/**
 * The module to start; compiled once, so that an instance that takes the place of one that failed needs no file.
 *
 * @throws {EngineMismatch} when the engine's file is missing or not the pinned one
 */
export async function engineModule(): Promise<WebAssembly.Module> {
  compiled ??= { sha256: pin.sha256, module: await compileEngine() };
  return compiled.module;
}
