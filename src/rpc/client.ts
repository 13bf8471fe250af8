/** How the objects reach the persistence core: in a worker, or on the calling thread. */
import type { Answer, Change, Command } from './contract.ts';

export type ChangeListener = (changes: readonly Change[]) => void;

export interface CoreClient {
  /** Sends one command and resolves with its answer. Calls may be sent while others wait. */
  call<C extends Command>(command: C): Promise<Answer<C>>;
  /** Why no call can be answered any more; null while calls can. */
  readonly lost: Error | null;
  /** Takes who is to be told of every change after it is durable: of our own, and of those of other tabs. */
  onChanges(listener: ChangeListener): void;
  /** Ends the core. Calls that still wait are rejected. Idempotent. */
  close(): Promise<void>;
}
