/** An engine of its own for a test that spoils it. */
import { type Engine, startEngine } from '../../../src/vfs/engine.ts';
import { compileEngine } from '../../../wasm/load.ts';

let compiled: Promise<WebAssembly.Module> | null = null;

export async function freshEngine(): Promise<Engine> {
  compiled ??= compileEngine();
  return startEngine(await compiled);
}
