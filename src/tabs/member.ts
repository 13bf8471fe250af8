/**
 * One context's membership in a database that many tabs have open: it leads, or follows the leader.
 *
 * It lives where the core lives, in the tab's worker: a busy page holds up no other, and a worker that
 * dies releases its lock. Callers use it like a core of their own.
 *
 * What it is in the latest leadership that it knows of, `#epoch`: the leader, with a `#term`, once that is open; a
 * follower, with a connection among the `#leaderConnections`; or none of these. Then it queues for the lock, asks who
 * leads, and keeps its calls unsent.
 */
import { browserOpenFailure, removed } from '../media/browser-failure.ts';
import { holdLock } from '../media/locks/held-lock.ts';
import { lockName } from '../media/locks/web-lock.ts';
import type { Answer, Answers, Change, Command, CoreConfig, Outcome, StorageInfo } from '../rpc/contract.ts';
import type { DurableChange } from '../rpc/durable-changes.ts';
import type { CommandRunner } from '../rpc/host.ts';
import { wireVersion } from '../rpc/wire-version.ts';
import { pause } from '../runtime.ts';
import { LeaderConnection } from './leader-connection.ts';
import { LeaderConnections, lastWords } from './leader-connections.ts';
import { LeaderSilence } from './leader-silence.ts';
import { Leadership } from './leadership.ts';
import { databaseClosed, databaseExists, leaderSilent, otherVersion } from './member-errors.ts';
import { aliveLock, channelName } from './names.ts';
import { PortClient } from './port-client.ts';
import type { MemberId, Reply, Request, SharedOptions } from './protocol.ts';
import { type LeaderNotice, TabChannel } from './tab-channel.ts';
import { Term } from './term.ts';
import { type WaitingCall, WaitingCalls } from './waiting-calls.ts';
import { Watchdog } from './watchdog.ts';

/** What a member depends on; tests inject other locks, channels and cores. */
export interface MemberParts {
  readonly locks: LockManager;
  readonly openChannel: (name: string) => BroadcastChannel;
  readonly makeCore: () => CommandRunner;
  readonly newId: () => string;
  /** Loads what a core needs ahead of time, so that this tab can take over at once, even offline. */
  readonly warmUp: () => Promise<unknown>;
}

export class Member implements CommandRunner {
  readonly #parts: MemberParts;
  readonly #id: MemberId;
  readonly #releaseAlive: () => void;
  readonly #options: SharedOptions;
  readonly #channel: TabChannel;
  readonly #leadership: Leadership;
  readonly #watchdog: Watchdog;
  readonly #ports: PortClient | null;
  readonly #silence = new LeaderSilence();
  readonly #calls = new WaitingCalls();
  readonly #leaderConnections = new LeaderConnections((epoch) => {
    this.#calls.giveUp(epoch);
    this.#flush();
  });
  #config: CoreConfig;
  #listener: (changes: readonly Change[]) => void = () => {};
  /** The latest leadership that we have heard of, our own included. */
  #epoch = 0;
  /** The latest one that another member has asked about. A leadership of ours comes after that too. */
  #askedAbout = 0;
  /** Our own leadership. */
  #term: Term | null = null;
  /** Ends the wait for the first leader; null once that is over. */
  #entry: { readonly resolve: (opened: Answers['open']) => void; readonly reject: (reason: unknown) => void } | null =
    null;
  /** Why this member can be of no use any more. */
  #cutOff: Error | null = null;
  /** Whether this member has begun a bulk and has yet to end it. */
  #hasBulk = false;
  #isAway = false;
  #hasLeft = false;
  #closing: Promise<null> | null = null;

  private constructor(
    parts: MemberParts,
    id: MemberId,
    config: CoreConfig,
    ports: MessagePort | null,
    release: () => void,
  ) {
    this.#parts = parts;
    this.#id = id;
    this.#config = config;
    this.#releaseAlive = release;
    this.#options = { soft_deletes: config.soft_deletes, sqlite_synchronous: config.sqlite_synchronous };
    const lock = lockName(config.medium, config.database);
    this.#channel = new TabChannel(parts.openChannel(channelName(lock)), id, {
      who: (epoch) => this.#answerWho(epoch),
      leader: (notice) => this.#hearLeader(notice),
      changes: (origin, changes) => this.#report(origin, changes),
      request: (from, request) => this.#serve(from, request),
      reply: (epoch, reply) => this.#leaderConnections.of(epoch)?.hear(reply),
    });
    this.#leadership = new Leadership(parts.locks, lock, {
      won: () => void this.#lead(),
      stolen: () => this.#depose(),
    });
    this.#watchdog = new Watchdog(config.busy_timeout, {
      waits: () => !this.#leads && (this.#entry !== null || this.#calls.size > 0),
      ask: () => {
        this.#silence.asked();
        this.#ask();
        // The leader may be a page in the back/forward cache. The browser evicts such a page when another one requests
        // a lock that it holds, but only for requests made after it was cached: so make a new one.
        this.#leadership.leaveQueue();
        this.#queue();
      },
      expired: () => this.#leaderTimedOut(),
    });
    this.#ports = ports && new PortClient(ports, id, (from, port) => this.#admit(from, port));
  }

  /** Joins the members that have the database open, or is the first to open it. */
  static async join(
    parts: MemberParts,
    config: CoreConfig,
    ports: MessagePort | null,
  ): Promise<{ readonly member: Member; readonly opened: Answers['open'] }> {
    const id = parts.newId();
    // Taken before anyone hears of us: others learn from its release that we are gone.
    const release = await holdLock(parts.locks, aliveLock(id)).catch((cause: unknown) => {
      throw browserOpenFailure(config.database, cause);
    });
    const member = new Member(parts, id, config, ports, release);
    try {
      const opened = await member.#enter();
      // This member's version, which its own page asks for: the core may be that of another tab.
      return { member, opened: { ...opened, version: wireVersion, shared: { alive: aliveLock(id) } } };
    } catch (error) {
      // The reason for the refusal tells more than a failure to leave.
      await member.#leave().catch(() => {});
      throw error;
    }
  }

  call<C extends Command>(command: C): Promise<Answer<C>>;
  async call(command: Command): Promise<unknown> {
    if (command.kind === 'close') return this.#close();
    if (this.#closing !== null) throw databaseClosed();
    if (this.#cutOff !== null) throw this.#cutOff;
    const answer = this.#submit(command);
    if (command.kind === 'beginBulk') {
      await answer;
      this.#hasBulk = true;
      if (this.#closing !== null) this.#giveUpBulk();
    }
    if (command.kind !== 'info') return answer;
    return { ...((await answer) as StorageInfo), leader: this.#leads };
  }

  onChanges(listener: (changes: readonly Change[]) => void): void {
    this.#listener = listener;
  }

  /** The page enters the back/forward cache, perhaps for good, or returns from it. */
  setAway(isAway: boolean): void {
    this.#isAway = isAway;
    if (isAway) void this.#stepDown(true).catch(() => {});
    else this.#queue();
  }

  async #enter(): Promise<Answers['open']> {
    const opened = new Promise<Answers['open']>((resolve, reject) => {
      this.#entry = { resolve, reject };
    });
    this.#queue();
    this.#ask();
    this.#watchdog.start();
    const answer = await opened;
    void this.#parts.warmUp().catch(() => {});
    return answer;
  }

  #queue(): void {
    if (this.#isAway || this.#cutOff !== null || this.#hasLeft || (this.#closing !== null && this.#calls.size === 0))
      return;
    this.#leadership.queue();
  }

  #submit(command: Command): Promise<unknown> {
    if (command.kind === 'commitBulk' || command.kind === 'rollbackBulk') this.#hasBulk = false;
    const answer = this.#calls.add(command);
    this.#flush();
    this.#watchdog.start();
    return answer;
  }

  /** Ends the bulk of a closing member, whose parts are refused by now: its own calls would wait for it forever. */
  #giveUpBulk(): void {
    // If none waits, leaving ends the bulk, without waiting for a leader that may be gone.
    if (!this.#hasBulk || this.#calls.size === 0) return;
    this.#submit({ kind: 'rollbackBulk' }).catch(() => {});
  }

  /** Whether this member can run commands itself. */
  get #leads(): boolean {
    return this.#term?.isOpen === true;
  }

  get #leaderConnection(): LeaderConnection | undefined {
    return this.#leaderConnections.of(this.#epoch);
  }

  /** Sends waiting calls to the leader, but none while the fate of a call sent to an earlier leader is open. */
  #flush(): void {
    if (this.#leaderConnections.hasOthers(this.#epoch)) return;
    const connection = this.#leaderConnection;
    if (connection?.refusal) this.#calls.failUnsent(connection.refusal);
    const unsent = this.#calls.unsent();
    if (unsent.length === 0) return;
    if (this.#term?.isOpen) for (const call of unsent) void this.#runHere(call, this.#term);
    else if (connection?.isListening()) for (const call of unsent) this.#send(call, connection);
    else this.#queue();
  }

  #send(call: WaitingCall, connection: LeaderConnection): void {
    this.#calls.markSent(call.id, connection.epoch);
    connection.send(call);
  }

  async #runHere({ id, command }: WaitingCall, term: Term): Promise<void> {
    const { epoch } = term;
    this.#calls.markSent(id, epoch);
    const outcome = await term.run(this.#id, command);
    if (outcome !== null) this.#answer(id, epoch, outcome);
    else this.#sendAgain(id, epoch);
  }

  #answer(id: number, epoch: number, outcome: Outcome<unknown>): void {
    // The database was taken away from the leader: the command was not executed.
    if (!outcome.ok && outcome.error.name === 'DatabaseTakenOver') this.#sendAgain(id, epoch);
    else this.#calls.settle(id, epoch, outcome);
  }

  #sendAgain(id: number, epoch: number): void {
    this.#calls.takeBack(id, epoch);
    this.#flush();
    this.#watchdog.start();
  }

  async #lead(): Promise<void> {
    if (this.#isAway) return this.#leadership.release();
    const epoch = Math.max(this.#epoch + 1, this.#askedAbout + 1, Date.now());
    this.#supersede(epoch);
    this.#announce('opening');
    const term = this.#newTerm(epoch);
    this.#term = term;
    try {
      const opened = await term.opened();
      if (opened === null) return;
      this.#announce('open');
      this.#admitted(opened);
    } catch (error) {
      this.#term = null;
      // Queuing again now would retry over and over; the next call queues.
      this.#leadership.release();
      this.#fail(error);
    }
  }

  #newTerm(epoch: number): Term {
    return new Term({
      epoch,
      id: this.#id,
      core: this.#parts.makeCore(),
      config: this.#config,
      locks: this.#parts.locks,
      isProven: () => this.#leadership.isProven(),
      lost: () => void this.#stepDown().catch(() => {}),
      tell: (origin, changes) => {
        this.#channel.tell({ type: 'changes', origin, changes });
        this.#report(origin, changes);
      },
    });
  }

  /** A leader has the database open: it exists now, and `from` no longer applies. */
  #admitted(opened: Answers['open']): void {
    this.#silence.opened();
    this.#config = { ...this.#config, from: null };
    this.#entry?.resolve(opened);
    this.#entry = null;
    this.#flush();
  }

  /** Fails the calls that wait for a leader, and the opening. */
  #fail(reason: unknown): void {
    this.#entry?.reject(reason);
    this.#entry = null;
    this.#calls.failUnsent(reason);
  }

  /** Another member has the database now. */
  #depose(): void {
    const term = this.#term;
    this.#term = null;
    void term?.depose();
    this.#queue();
    this.#ask();
    this.#watchdog.start();
  }

  async #stepDown(atOnce = false): Promise<void> {
    const term = this.#term;
    this.#term = null;
    try {
      await term?.end(atOnce);
    } finally {
      this.#leadership.release();
      // The page may have come back meanwhile.
      this.#queue();
    }
  }

  /** There is no sign of life from a leader, and waiting calls must not wait forever. */
  #leaderTimedOut(): void {
    switch (this.#silence.expired(this.#leadership.isHeld)) {
      case 'cleared':
        this.#cutOff = removed(this.#config.database);
        // That lock means nothing any more: whoever won it would depose who leads with the new one.
        this.#leadership.leaveQueue();
        this.#fail(this.#cutOff);
        break;
      case 'give up':
        this.#fail(leaderSilent(this.#config));
        break;
      case 'gone':
        this.#replaceLeader();
    }
  }

  #replaceLeader(): void {
    if (this.#config.medium === 'indexeddb' && !this.#isAway) {
      // If the old leader wakes up, its commits find that the database has a new owner.
      this.#leadership.steal();
    } else {
      // The file handles that it holds cannot be taken away from it.
      this.#calls.giveUp(this.#epoch, false);
      this.#fail(leaderSilent(this.#config));
    }
  }

  #ask(): void {
    this.#channel.tell({ type: 'who', epoch: this.#epoch });
  }

  #answerWho(epoch: number): void {
    this.#askedAbout = Math.max(this.#askedAbout, epoch);
    // The clock was set back before ours began, so that the asker takes it for an earlier one: another has to begin.
    if (this.#leads && epoch > this.#epoch) void this.#stepDown().catch(() => {});
    else if (this.#leadership.isHeld) this.#announce(this.#leads ? 'open' : 'opening');
  }

  #announce(state: 'opening' | 'open'): void {
    this.#channel.tell({ type: 'leader', version: wireVersion, id: this.#id, epoch: this.#epoch, state });
  }

  #hearLeader({ version, id, epoch, state }: LeaderNotice): void {
    const isEarlier = epoch < this.#epoch;
    // One that seems earlier because the clock was set back is about to end, and another to begin.
    if (!isEarlier || state === 'opening') this.#silence.hears(state);
    if (isEarlier) return;
    const isGone = this.#leaderConnections.isGone(epoch);
    this.#silence.hearsLatest(isGone);
    if (isGone) return;
    if (epoch > this.#epoch || state === 'open') this.#watchdog.reset();
    if (version !== wireVersion) this.#fail(otherVersion(this.#config));
    else {
      if (epoch > this.#epoch) this.#supersede(epoch);
      if (state === 'open' && this.#leaderConnection === undefined && this.#term === null) this.#follow(id, epoch);
    }
  }

  #follow(leader: MemberId, epoch: number): void {
    const parts = {
      leader,
      epoch,
      options: this.#options,
      locks: this.#parts.locks,
      ports: this.#ports,
      isFenced: this.#config.medium === 'indexeddb',
      send: (request: Request) => this.#channel.tell({ type: 'request', to: leader, from: this.#id, request }),
    };
    const connection = new LeaderConnection(parts, {
      welcome: (opened) => this.#welcome(opened),
      refused: (reason) => this.#fail(reason),
      accepted: (id) => this.#calls.markAccepted(id, epoch),
      answer: (id, outcome) => this.#answer(id, epoch, outcome),
      hasBulk: () => this.#hasBulk,
      gone: (isGraceful) => this.#leaderConnections.lose(epoch, isGraceful),
      heard: () => {
        this.#watchdog.reset();
        this.#flush();
      },
    });
    this.#leaderConnections.add(connection);
  }

  #welcome(opened: Answers['open']): void {
    if (this.#config.from === null) this.#admitted(opened);
    else this.#fail(databaseExists(this.#config));
  }

  /** A later leadership has begun, so all earlier ones have ended. */
  #supersede(epoch: number): void {
    this.#epoch = epoch;
    if (this.#term !== null) this.#depose();
    this.#leaderConnections.loseAll();
  }

  /** Another member has connected over a port. */
  #admit(from: MemberId, port: MessagePort): void {
    const term = this.#term;
    const answer = (reply: Reply, transfer: Transferable[] = []): void => port.postMessage(reply, transfer);
    port.onmessage = ({ data }: MessageEvent<Request>) => term?.receive(from, data, answer, 'port');
  }

  /** Another member has sent a request over the channel. */
  #serve(from: MemberId, request: Request): void {
    const term = this.#term;
    if (term === null) return;
    const answer = (reply: Reply): void => this.#channel.tell({ type: 'reply', to: from, epoch: term.epoch, reply });
    term.receive(from, request, answer, 'channel');
  }

  #report(origin: MemberId, changes: readonly DurableChange[]): void {
    const here = origin === this.#id;
    this.#listener(changes.map((change) => ({ ...change, here })));
  }

  #close(): Promise<null> {
    this.#closing ??= this.#leave();
    return this.#closing;
  }

  /** Waits until every call is answered, hands over the leadership, and leaves. */
  async #leave(): Promise<null> {
    this.#entry?.reject(databaseClosed());
    this.#entry = null;
    this.#giveUpBulk();
    try {
      await this.#calls.allSettled();
      await this.#stepDown();
    } finally {
      this.#hasLeft = true;
      this.#leadership.release();
      this.#watchdog.stop();
      this.#leaderConnections.close();
      this.#ports?.leave();
      this.#channel.close();
      // The release could overtake our answers, and our page, too, takes it for the end of everything.
      void pause(lastWords).then(this.#releaseAlive);
    }
    return null;
  }
}
