/**
 * Hands the engine that one worker has compiled to the workers after it, which then start in half the time and need
 * not load it. Only to the library's own: compiled code cannot be sent just anywhere.
 */
import type * as Comlink from 'comlink';
import type { CompiledEngine } from '../vfs/compiled-engine.ts';
import type { CoreEndpoint } from './contract.ts';

type Worker = Comlink.Remote<CoreEndpoint>;

let compiled: CompiledEngine | null = null;

/** To be called before the worker opens anything. */
export function giveEngine(worker: Worker): void {
  // A worker that cannot take it compiles its own.
  if (compiled !== null) worker.setEngine(compiled).catch(() => {});
}

/** To be called once the worker has opened a database, and has probably compiled the engine for it. */
export function takeEngine(worker: Worker): void {
  const keep = (engine: CompiledEngine | null): void => {
    // A worker that opened at the same time may have compiled nothing, since its database is on a server.
    compiled ??= engine;
  };
  if (compiled === null) worker.engine().then(keep, () => {});
}
