/** Reaches a core in a worker: keeps track of pending calls, and rejects them when the worker is gone. */
import * as Comlink from 'comlink';
import { ContextClosed, OutcomeUnknown, WorkerLost } from '../errors/index.ts';
import type { AnyWorker } from './any-worker.ts';
import type { ChangeListener, CoreClient, LaterCommand } from './client.ts';
import { leavesDoubt } from './command-kinds.ts';
import type { Answer, Answers, Command, CoreConfig, CoreEndpoint, Outcome, SharedCore } from './contract.ts';
import { OwnChanges } from './durable-changes.ts';
import { giveEngine, takeEngine } from './engine-relay.ts';
import { revive } from './error-classes.ts';
import { expectAnswer } from './expect-answer.ts';
import { isShared } from './is-shared.ts';
import { OrphanedLock } from './orphaned-lock.ts';
import { listenForChanges, startPorts, watchCore, watchPage } from './shared-watch.ts';
import { startWorker, type WorkerHandle } from './start-worker.ts';

interface Waiting {
  readonly command: Command;
  reject: (error: Error) => void;
}

export class WorkerClient implements CoreClient {
  readonly #worker: WorkerHandle;
  readonly #remote: Comlink.Remote<CoreEndpoint>;
  /** Looked up once: each look-up makes another proxy. */
  readonly #call: Comlink.Remote<CoreEndpoint>['call'];
  readonly #isOwn: boolean;
  readonly #waiting = new Set<Waiting>();
  #lost: Error | null = null;
  #stopExpecting = (): void => {};
  #lock: OrphanedLock | null = null;
  /** For a core shared with other tabs: ends what the page does for it. */
  #shared: AbortController | null = null;
  readonly #changes = new OwnChanges();

  constructor(make?: () => AnyWorker) {
    this.#worker = startWorker(make);
    this.#isOwn = make === undefined;
    this.#worker.onLost((reason) => this.#lose(lostWorker(reason)));
    this.#remote = Comlink.wrap<CoreEndpoint>(this.#worker.endpoint);
    this.#call = this.#remote.call;
  }

  async open(config: CoreConfig): Promise<Answers['open']> {
    if (this.#lost !== null) throw this.#lost;
    // An opening may take long; that the worker answers at all is asked for with what does nothing before it.
    this.#stopExpecting = expectAnswer(this.#remote.setAway(false), () => this.#lose(silent()));
    if (this.#isOwn) giveEngine(this.#remote);
    const opened = await this.#answer(this.#opening(config));
    if (this.#isOwn) takeEngine(this.#remote);
    const { lock_file, shared } = opened;
    if (lock_file !== null) this.#lock = new OrphanedLock(lock_file, () => this.#waiting.size === 0);
    if (shared !== undefined) this.#share(shared);
    return opened;
  }

  async call<C extends LaterCommand>(command: C): Promise<Answer<C>> {
    const answer = await this.#answer(command);
    // A shared core reports all changes itself.
    if (this.#shared === null) this.#changes.tellAfter(command, answer);
    return answer;
  }

  get lost(): Error | null {
    return this.#lost;
  }

  onChanges(listener: ChangeListener): void {
    this.#changes.listener = listener;
  }

  async close(): Promise<void> {
    if (this.#lost === null) this.#lose(new ContextClosed('The storage was closed.'));
    this.#shared?.abort();
    await this.#worker.terminate();
    this.#lock?.remove();
  }

  async #answer<C extends Command>(command: C): Promise<Answer<C>> {
    if (this.#lost !== null) throw this.#lost;
    const outcome = await this.#outcome(command);
    if (outcome.ok) return outcome.value;
    throw revive(outcome.error);
  }

  async #outcome<C extends Command>(command: C): Promise<Outcome<Answer<C>>> {
    const waiting: Waiting = { command, reject: () => {} };
    this.#waiting.add(waiting);
    this.#worker.keepAlive(true);
    try {
      return await new Promise((resolve, reject) => {
        waiting.reject = reject;
        // Comlink types the result of a generic method as unknown; `host.ts` answers what the contract says.
        const answer = this.#call(command) as Promise<unknown> as Promise<Outcome<Answer<C>>>;
        answer.then(resolve, reject);
      });
    } finally {
      this.#waiting.delete(waiting);
      // A worker that is being terminated keeps the process alive until that is done.
      if (this.#waiting.size === 0 && this.#lost === null) this.#worker.keepAlive(false);
    }
  }

  /** With the port that the worker needs to reach other tabs, if it is to. */
  #opening(config: CoreConfig): Extract<Command, { readonly kind: 'open' }> {
    const command = { kind: 'open', config } as const;
    if (!isShared(config)) return command;
    listenForChanges(this.#worker.endpoint, (changes) => this.#changes.listener(changes));
    const ports = startPorts();
    return ports === undefined ? command : Comlink.transfer({ ...command, ports }, [ports]);
  }

  #share(shared: SharedCore): void {
    this.#shared = new AbortController();
    const { signal } = this.#shared;
    watchCore(shared, signal, () => this.#lose(lostWorker(new Error('It ended unexpectedly.'))));
    watchPage(signal, (isAway) => void this.#remote.setAway(isAway));
  }

  #lose(reason: Error): void {
    if (this.#lost !== null) return;
    this.#lost = reason;
    this.#stopExpecting();
    for (const { command, reject } of this.#waiting) {
      // Losing the answer to a read leaves nothing in doubt.
      reject(leavesDoubt(command) ? unknownOutcome(command.kind, reason) : reason);
    }
  }
}

function lostWorker(reason: Error): WorkerLost {
  // It never started, and its error says why.
  if (reason instanceof WorkerLost) return reason;
  return new WorkerLost(
    `The worker of the persistence core is gone: ${reason.message} ` +
      'Close this context and call setup() again; acknowledged changes are stored.',
    { cause: reason },
  );
}

function silent(): WorkerLost {
  return new WorkerLost(
    "The worker's script has not answered for a minute. Perhaps it is not core.js of this library (core-node.js " +
      'outside browsers), or is empty: check what the worker loads.',
  );
}

function unknownOutcome(kind: string, reason: Error): OutcomeUnknown {
  return new OutcomeUnknown(
    `The persistence core was lost during ${kind}: the change is stored whole or not at all. ` +
      'Open the storage again and check before repeating it.',
    { cause: reason },
  );
}
