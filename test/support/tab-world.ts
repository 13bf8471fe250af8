/**
 * A fake browser for unit tests of tabs: members with fake locks, channels that a test can delay, and a Map as the
 * database. A tab can be killed or frozen at any moment: then nothing reaches it, and it does nothing.
 */
import { DatabaseError, DatabaseTakenOver } from '../../src/errors/index.ts';
import { isBulkPart, isWrite } from '../../src/rpc/command-kinds.ts';
import type { Answer, BulkCommand, Change, Command, CoreConfig, WriteCommand } from '../../src/rpc/contract.ts';
import type { CommandRunner } from '../../src/rpc/host.ts';
import { wireVersion } from '../../src/rpc/wire-version.ts';
import { Member } from '../../src/tabs/member.ts';
import { PortPasser } from '../../src/tabs/port-passer.ts';
import { FakeLocks } from './fake-locks.ts';

export const config: CoreConfig = {
  medium: 'indexeddb',
  database: 'x',
  soft_deletes: false,
  sqlite_synchronous: true,
  from: null,
  read_only: false,
  busy_timeout: 1000,
  server: null,
};

export class TabWorld {
  locks = new FakeLocks();
  /** The wire version that cores answer with. */
  coreVersion: number | undefined = wireVersion;
  readonly stored = new Map<string, string | null>();
  /** Every write that became durable, once for each time that it did. */
  readonly log: string[] = [];
  /** Called before a command is run: here a test holds it up, or does something to a tab. */
  beforeRun: (tab: FakeTab, command: Command) => Promise<void> = async () => {};
  beforeOpen: (tab: FakeTab) => Promise<void> = async () => {};
  readonly passer = new PortPasser(this.locks.client('passer'));
  /** Incremented by every opening; only the latest opener can write. */
  opener = 0;
  /** Calls that were sent over the channel rather than a port. */
  channelCalls = 0;
  /** How long a message takes over the channel, in milliseconds. */
  delay = 0;
  readonly #channels = new Set<FakeChannel>();

  async open(name: string, options: Partial<CoreConfig> & { readonly ports?: boolean } = {}): Promise<FakeTab> {
    const tab = new FakeTab(this, name);
    await tab.open(options);
    return tab;
  }

  /** As when the data of the site is cleared: tabs that open the database from now on have other locks. */
  clearLocks(): void {
    this.locks = new FakeLocks();
  }

  tab(name: string): FakeTab {
    return new FakeTab(this, name);
  }

  join(channel: FakeChannel): void {
    this.#channels.add(channel);
  }

  leave(channel: FakeChannel): void {
    this.#channels.delete(channel);
  }

  send(from: FakeChannel, message: unknown): void {
    const data: unknown = structuredClone(message);
    if (JSON.stringify(data).includes('"type":"call"')) this.channelCalls += 1;
    for (const channel of this.#channels) {
      if (channel === from) continue;
      const arrive = (): void => channel.tab.deliver(() => channel.onmessage?.({ data }));
      if (this.delay === 0) arrive();
      else setTimeout(arrive, this.delay);
    }
  }
}

class FakeChannel {
  onmessage: ((event: { readonly data: unknown }) => void) | null = null;
  readonly tab: FakeTab;
  readonly #world: TabWorld;

  constructor(world: TabWorld, tab: FakeTab) {
    this.#world = world;
    this.tab = tab;
    world.join(this);
  }

  postMessage(message: unknown): void {
    if (!this.tab.isDead) this.#world.send(this, message);
  }

  close(): void {
    this.#world.leave(this);
  }
}

export class FakeTab {
  readonly name: string;
  readonly heard: Change[] = [];
  isDead = false;
  /** The wire version that its page was told. */
  version: number | undefined;
  readonly #world: TabWorld;
  #member: Member | null = null;
  #frozen: (() => void)[] | null = null;

  constructor(world: TabWorld, name: string) {
    this.#world = world;
    this.name = name;
  }

  async open({ ports = false, ...options }: Partial<CoreConfig> & { readonly ports?: boolean } = {}): Promise<void> {
    const parts = {
      locks: this.#world.locks.client(this.name, (task) => this.deliver(task)),
      // Only what a member uses of a channel.
      openChannel: () => new FakeChannel(this.#world, this) as unknown as BroadcastChannel,
      makeCore: () => new FakeCore(this.#world, this),
      newId: () => this.name,
      warmUp: async () => {},
    };
    const { port1, port2 } = new MessageChannel();
    if (ports) this.#world.passer.admit(port1);
    const { member, opened } = await Member.join(parts, { ...config, ...options }, ports ? port2 : null);
    this.#member = member;
    this.version = opened.version;
    member.onChanges((changes) => void this.heard.push(...changes));
  }

  get member(): Member {
    if (this.#member === null) throw new Error(`${this.name} is not open.`);
    return this.#member;
  }

  set(key: string, value: string): Promise<null> {
    return this.member.call({ kind: 'setKeyValue', key, value });
  }

  async keys(): Promise<string[]> {
    return (await this.member.call({ kind: 'getKeyValues', key: null })).map(({ key }) => key).sort();
  }

  async isLeader(): Promise<boolean> {
    return (await this.member.call({ kind: 'info' })).leader;
  }

  async close(): Promise<void> {
    await this.member.call({ kind: 'close' });
  }

  kill(): void {
    this.isDead = true;
    this.#world.locks.kill(this.name);
  }

  freeze(): void {
    this.#frozen ??= [];
  }

  /** Lets it continue: messages that arrived meanwhile come first. */
  thaw(): void {
    const waiting = this.#frozen ?? [];
    this.#frozen = null;
    for (const each of waiting) this.deliver(each);
  }

  deliver(task: () => void): void {
    setImmediate(() => {
      if (this.isDead) return;
      if (this.#frozen === null) task();
      else this.#frozen.push(task);
    });
  }

  /** Resolves when the tab may run. */
  turn(): Promise<void> {
    return new Promise((resolve) => this.deliver(resolve));
  }
}

/** A bulk under way in a fake core. */
interface FakeBulk {
  readonly writes: WriteCommand[];
  readonly ended: Promise<void>;
  readonly end: () => void;
}

/** The Map as a core: one command at a time, and none while a bulk is under way. */
class FakeCore implements CommandRunner {
  readonly #world: TabWorld;
  readonly #tab: FakeTab;
  #opener = 0;
  /** What it has read: a core that was replaced does not see what its successor stores. */
  #known = new Map<string, string | null>();
  #turns: Promise<unknown> = Promise.resolve();
  #bulk: FakeBulk | null = null;

  constructor(world: TabWorld, tab: FakeTab) {
    this.#world = world;
    this.#tab = tab;
  }

  call<C extends Command>(command: C): Promise<Answer<C>>;
  call(command: Command): Promise<unknown> {
    if (isBulkPart(command)) return this.#runPart(command);
    // Closing abandons a bulk.
    if (command.kind === 'close') this.#takeBulk()?.end();
    const turn = this.#turns.then(() => this.#run(command));
    this.#turns = turn.then(
      () => this.#bulk?.ended,
      () => {},
    );
    return turn;
  }

  async #run(command: Command): Promise<unknown> {
    await this.#tab.turn();
    if (command.kind === 'open') {
      await this.#world.beforeOpen(this.#tab);
      this.#opener = ++this.#world.opener;
      this.#known = new Map(this.#world.stored);
      return { version: this.#world.coreVersion, default_type: {}, lock_file: null };
    }
    if (command.kind === 'close') return null;
    await this.#world.beforeRun(this.#tab, command);
    await this.#tab.turn();
    if (isWrite(command)) this.#write(command);
    if (command.kind === 'beginBulk') this.#beginBulk();
    if (command.kind === 'info') return { leader: true };
    return command.kind === 'getKeyValues' ? [...this.#known].map(([key, value]) => ({ key, value })) : null;
  }

  #beginBulk(): void {
    let end = (): void => {};
    const ended = new Promise<void>((resolve) => {
      end = resolve;
    });
    this.#bulk = { writes: [], ended, end };
  }

  #takeBulk(): FakeBulk | null {
    const bulk = this.#bulk;
    this.#bulk = null;
    return bulk;
  }

  async #runPart(command: BulkCommand): Promise<null> {
    await this.#tab.turn();
    if (this.#bulk === null) throw new DatabaseError('No bulk is in progress.');
    if (command.kind === 'appendBulk') {
      this.#bulk.writes.push(...command.commands);
      return null;
    }
    const { writes, end } = this.#takeBulk() as FakeBulk;
    if (command.kind === 'commitBulk') for (const write of writes) this.#write(write);
    end();
    return null;
  }

  #write(command: WriteCommand): void {
    if (command.kind !== 'setKeyValue') throw new Error(`The fake core knows no ${command.kind}.`);
    if (this.#opener !== this.#world.opener) throw new DatabaseTakenOver('x');
    this.#known.set(command.key, command.value);
    this.#world.stored.set(command.key, command.value);
    this.#world.log.push(`${command.key}=${command.value}`);
  }
}
