/** An engine of its own for a test that spoils it. */
import { type adopt, instantiate } from '../../../src/vfs/start-sqlite.ts';
import { compileEngine } from '../../../wasm/load.ts';

let compiled: Promise<WebAssembly.Module> | null = null;

export async function freshEngine(): Promise<Parameters<typeof adopt>> {
  compiled ??= compileEngine();
  const { sqlite, instance } = await instantiate(await compiled);
  return [sqlite, instance];
}
