/**
 * One leadership, from the opening of the database to its end: runs the commands of every member on the database that
 * this tab has open, and tells all members which changes have become durable.
 */
import { DatabaseError, DatabaseLocked, DatabaseTakenOver } from '../errors/index.ts';
import { whenFree } from '../media/locks/held-lock.ts';
import { isBulkPart } from '../rpc/command-kinds.ts';
import type { Answers, Command, CoreConfig, Outcome } from '../rpc/contract.ts';
import { type DurableChange, DurableChanges } from '../rpc/durable-changes.ts';
import { toWire } from '../rpc/errors.ts';
import type { CommandRunner } from '../rpc/host.ts';
import { pause } from '../runtime.ts';
import { aliveLock } from './names.ts';
import type { MemberId, Reply, Request, SharedOptions } from './protocol.ts';
import { Watchdog } from './watchdog.ts';

/** How a member reaches the leader; it may start with one and go on with the other. */
export type Transport = 'channel' | 'port';

/** Sends a reply the way that the request came. */
export type SendReply = (reply: Reply, transfer?: Transferable[]) => void;

export interface TermParts {
  readonly epoch: number;
  /** The leading member. */
  readonly id: MemberId;
  /** A new one: it opens the database, whose lock we hold. */
  readonly core: CommandRunner;
  readonly config: CoreConfig;
  readonly locks: LockManager;
  /** Whether the database is still ours to read and write. */
  readonly isProven: () => Promise<boolean>;
  /** Called when the database turns out to have another owner although the lock is ours. */
  readonly lost: () => void;
  readonly tell: (origin: MemberId, changes: readonly DurableChange[]) => void;
}

interface Waiting {
  readonly origin: MemberId;
  readonly command: Command;
  readonly accepted: () => void;
  readonly resolve: (outcome: Outcome<unknown> | null) => void;
}

interface Follower {
  readonly transports: Map<Transport, SendReply>;
  readonly forget: AbortController;
}

export class Term {
  readonly epoch: number;
  readonly #parts: TermParts;
  readonly #followers = new Map<MemberId, Follower>();
  /** Commands not yet accepted: they wait for the accepted ones, so that few are in doubt if this tab dies. */
  #waiting: Waiting[] = [];
  #running: Promise<unknown> | null = null;
  readonly #opening: Promise<Answers['open']>;
  /** What the core answered when it was opened; null until then. */
  #opened: Answers['open'] | null = null;
  #isOver = false;
  /** The member whose bulk is under way: everything else waits for it. */
  #bulkOwner: MemberId | null = null;
  readonly #durable = new DurableChanges();
  readonly #watchdog: Watchdog;

  constructor(parts: TermParts) {
    this.epoch = parts.epoch;
    this.#parts = parts;
    this.#opening = parts.core.call({ kind: 'open', config: { ...parts.config, lock_held: true } });
    this.#watchdog = new Watchdog(parts.config.busy_timeout, {
      // A bulk of this tab itself needs no sign of life.
      waits: () => this.#followers.has(this.#bulkOwner ?? '') && this.#running !== null,
      ask: () => this.#askOwner(),
      expired: () => void this.#giveUpBulk(),
    });
  }

  /** Whether the database is open. */
  get isOpen(): boolean {
    return this.#opened !== null;
  }

  /** Waits until the database is open; null if this leadership ended before, whatever came of the opening. */
  async opened(): Promise<Answers['open'] | null> {
    try {
      const opened = await this.#opening;
      if (this.#isOver) return null;
      this.#opened = opened;
      return opened;
    } catch (error) {
      if (this.#isOver) return null;
      throw error;
    }
  }

  receive(from: MemberId, request: Request, answer: SendReply, transport: Transport): void {
    if (from === this.#bulkOwner && request.type !== 'hello') this.#watchdog.reset();
    if (request.type === 'hello') this.#greet(from, request.options, answer, transport);
    else if (request.type === 'call') void this.#serve(from, request.id, request.command, answer);
  }

  /** Runs a command; null when it was not begun because this leadership is over. */
  run(origin: MemberId, command: Command, accepted: () => void = () => {}): Promise<Outcome<unknown> | null> {
    // Not queued: what is queued may be waiting for the bulk to end.
    if (isBulkPart(command)) return this.#runPart(origin, command, accepted);
    return new Promise((resolve) => {
      this.#waiting.push({ origin, command, accepted, resolve });
      this.#running ??= this.#runWaiting();
      this.#watchdog.start();
    });
  }

  /**
   * Ends in order: accepted commands are answered, and the database is closed, before anyone is told.
   *
   * @param atOnce true when the browser is about to suspend this thread
   */
  async end(atOnce = false): Promise<void> {
    this.#isOver = true;
    if (this.#opened === null) return this.#endOpening(atOnce);
    try {
      await this.#parts.core.call({ kind: 'close', at_once: atOnce });
      await this.#running;
    } finally {
      for (const { transports, forget } of this.#followers.values()) {
        for (const answer of transports.values()) answer({ type: 'ended' });
        forget.abort();
      }
      this.#followers.clear();
    }
  }

  /** Ends a leadership that was taken away: another member already has the database. */
  async depose(): Promise<void> {
    this.#isOver = true;
    for (const { forget } of this.#followers.values()) forget.abort();
    // Its pending writes were refused, and its pages are of no use any more.
    await this.#closeCore();
  }

  /** Abandons the opening. */
  async #endOpening(atOnce: boolean): Promise<void> {
    const { medium, busy_timeout } = this.#parts.config;
    const closed = this.#closeCore();
    // The next leader must not find files half open. An opening that hangs has `busy_timeout` to end; on IndexedDB, a
    // page about to be suspended does not wait at all: what it writes later is refused.
    if (atOnce && medium === 'indexeddb') return;
    await Promise.race([closed, pause(busy_timeout)]);
  }

  async #closeCore(): Promise<void> {
    // What is not yet open cannot be closed.
    if (this.#opened === null) await this.#opening.catch(() => {});
    await this.#parts.core.call({ kind: 'close' }).catch(() => {});
  }

  #greet(from: MemberId, options: SharedOptions, answer: SendReply, transport: Transport): void {
    if (this.#isOver || this.#opened === null) return;
    const difference = differenceOf(this.#parts.config, options);
    if (difference === null) {
      const follower = this.#followers.get(from) ?? this.#admit(from);
      follower.transports.set(transport, answer);
      answer({ type: 'welcome', opened: this.#opened });
    } else answer({ type: 'refused', error: toWire(new DatabaseLocked(difference)) });
  }

  #admit(from: MemberId): Follower {
    const follower = { transports: new Map<Transport, SendReply>(), forget: new AbortController() };
    this.#followers.set(from, follower);
    whenFree(this.#parts.locks, aliveLock(from), follower.forget.signal, () => {
      this.#followers.delete(from);
      if (this.#bulkOwner === from) void this.#giveUpBulk();
    });
    return follower;
  }

  async #serve(from: MemberId, id: number, command: Command, answer: SendReply): Promise<void> {
    const outcome = await this.run(from, command, () => answer({ type: 'accepted', id }));
    // The member sends a command that was not begun to the next leader.
    if (outcome !== null) answer({ type: 'answer', id, outcome }, transferOf(outcome));
  }

  async #runPart(origin: MemberId, command: Command, accepted: () => void): Promise<Outcome<unknown> | null> {
    if (this.#isOver || !(await this.#parts.isProven()) || this.#isOver) return null;
    if (origin !== this.#bulkOwner) return { ok: false, error: toWire(new DatabaseError(bulkIsGone)) };
    accepted();
    return this.#run(origin, command);
  }

  /** A bulk has begun; gives it up if its member or this leadership has ended meanwhile. */
  async #own(origin: MemberId): Promise<void> {
    this.#bulkOwner = origin;
    this.#watchdog.start();
    // The last commands of a dead member may have waited, or arrived later than word of its end.
    const isGone = origin !== this.#parts.id && !this.#followers.has(origin);
    if (this.#isOver || isGone) await this.#giveUpBulk();
  }

  #askOwner(): void {
    const follower = this.#followers.get(this.#bulkOwner ?? '');
    for (const answer of follower?.transports.values() ?? []) answer({ type: 'ask' });
  }

  /** Gives up the bulk of a member that will not end it, so that the others can go on. */
  async #giveUpBulk(): Promise<void> {
    if (this.#bulkOwner === null) return;
    this.#bulkOwner = null;
    // The bulk may have ended meanwhile.
    await this.#parts.core.call({ kind: 'rollbackBulk' }).catch(() => {});
  }

  /** Runs the waiting commands as one group, then those that have come meanwhile. Never rejects. */
  async #runWaiting(): Promise<void> {
    while (this.#waiting.length > 0) {
      const mayRun = !this.#isOver && (await this.#parts.isProven()) && !this.#isOver;
      const group = this.#waiting;
      this.#waiting = [];
      await Promise.all(
        group.map(async ({ origin, command, accepted, resolve }) => {
          if (mayRun) accepted();
          resolve(mayRun ? await this.#run(origin, command) : null);
        }),
      );
    }
    this.#running = null;
  }

  async #run(origin: MemberId, command: Command): Promise<Outcome<unknown>> {
    let value: unknown;
    try {
      // However that goes, there is no bulk left to give up.
      if (command.kind === 'commitBulk' || command.kind === 'rollbackBulk') this.#bulkOwner = null;
      value = await this.#parts.core.call(command);
      if (command.kind === 'beginBulk') await this.#own(origin);
      // Members that join later get the present default type.
      if (command.kind === 'refresh' && this.#opened !== null) {
        this.#opened = { ...this.#opened, ...(value as Answers['refresh']) };
      }
    } catch (error) {
      if (error instanceof DatabaseTakenOver && !this.#isOver) {
        // A tab that was frozen while opening the database has continued, and taken it: it has to be opened once more.
        this.#isOver = true;
        this.#parts.lost();
      }
      return { ok: false, error: toWire(error) };
    }
    const changes = this.#durable.after(command, value);
    try {
      if (changes.length > 0) this.#parts.tell(origin, changes);
    } catch {
      // The change is stored: a failure to tell of it must not make the command fail.
    }
    return { ok: true, value };
  }
}

const bulkIsGone =
  'This bulk was rolled back: this tab was silent while others waited, or another tab leads now. Start it again.';

function differenceOf(ours: SharedOptions, theirs: SharedOptions): string | null {
  for (const name of ['soft_deletes', 'sqlite_synchronous'] as const) {
    if (ours[name] === theirs[name]) continue;
    return (
      `The database is open in another tab with ${name}: ${ours[name]}, and here with ${name}: ${theirs[name]}. ` +
      'Tabs that share a database need the same options: use the same, or close the other tab.'
    );
  }
  return null;
}

/** Transfers an exported database instead of copying it. */
function transferOf(outcome: Outcome<unknown>): Transferable[] {
  return outcome.ok && outcome.value instanceof Uint8Array ? [outcome.value.buffer as ArrayBuffer] : [];
}
