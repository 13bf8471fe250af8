/** The engine that one worker has compiled is handed to the workers after it. */
import { expect, test } from 'vitest';
import { giveEngine, takeEngine } from '../../../src/rpc/engine-relay.ts';
import type { CompiledEngine } from '../../../src/vfs/compiled-engine.ts';

const emptyModule = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0);

/** The part of a worker that this is about, in the place of Comlink's proxy. */
class FakeWorker {
  readonly given: CompiledEngine[] = [];
  readonly #compiled: CompiledEngine | null;

  constructor(compiled: CompiledEngine | null) {
    this.#compiled = compiled;
  }

  async engine(): Promise<CompiledEngine | null> {
    return this.#compiled;
  }

  async setEngine(engine: CompiledEngine): Promise<void> {
    this.given.push(engine);
  }
}

test('a worker that has compiled nothing does not discard what another one has compiled', async () => {
  const engine = { sha256: 'x', module: new WebAssembly.Module(emptyModule) };
  // Both have opened a database before either has answered.
  for (const worker of [new FakeWorker(engine), new FakeWorker(null)]) takeEngine(worker as never);
  await new Promise((resolve) => setImmediate(resolve));
  const next = new FakeWorker(null);
  giveEngine(next as never);
  expect(next.given).toEqual([engine]);
});
