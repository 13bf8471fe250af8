/** How the objects reach the persistence core: in a worker, or on the calling thread. */
import type { Answer, Command } from './contract.ts';

export interface CoreClient {
  /** Sends one command and resolves with its answer. Calls may be sent while others wait. */
  call<C extends Command>(command: C): Promise<Answer<C>>;
  /** Ends the core. Calls that still wait are rejected. Idempotent. */
  close(): Promise<void>;
}
