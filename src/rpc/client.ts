/** How the objects reach the persistence core: in a worker, or on the calling thread. */
import type { Answer, Answers, Change, Command, CoreConfig } from './contract.ts';

export type ChangeListener = (changes: readonly Change[]) => void;

/** All commands but the first one, which takes more than a call. */
export type LaterCommand = Exclude<Command, { readonly kind: 'open' }>;

export interface CoreClient {
  /** Opens the core's database, before anything else. */
  open(config: CoreConfig): Promise<Answers['open']>;
  /** Sends one command and resolves with its answer. Calls may be sent while others are pending. */
  call<C extends LaterCommand>(command: C): Promise<Answer<C>>;
  /** Why calls can no longer be answered; null while they can. */
  readonly lost: Error | null;
  /** Sets the listener for every change that has become durable: our own, and those of other tabs. */
  onChanges(listener: ChangeListener): void;
  /** Ends the core. Pending calls are rejected. Idempotent. */
  close(): Promise<void>;
}

/** Starts the core of a storage that has one, in a worker or on this thread. */
export type Connect = () => Promise<CoreClient>;
