/**
 * The persistence core: takes commands in the order in which they come and runs them on a database.
 *
 * Writes that wait together are made durable together, with one flush; reads run between such groups,
 * so that none of them sees what a power cut could still take back.
 */
import { ContextClosed, DatabaseError, DatabaseTakenOver } from '../errors/index.ts';
import type {
  Answer,
  Answers,
  BulkCommand,
  Command,
  CoreConfig,
  LockFile,
  MediumName,
  StorageInfo,
  WriteCommand,
} from '../rpc/contract.ts';
import { isBulkPart, isWrite } from '../rpc/writes.ts';
import { isPersisted } from '../runtime.ts';
import { Bulk } from './bulk.ts';
import { read, type TableRead, write } from './cinder-db.ts';
import { storableTime } from './dialect.ts';
import type { SqlEngine, Work } from './engine.ts';
import { Novelty } from './novelty.ts';
import { prepareSchema, readSchema, type Schema } from './revisions.ts';
import type { Origin } from './schema/seeds.ts';
import type { WriteContext } from './write-context.ts';
import { writeMany } from './write-many.ts';

/** An engine and what the core has to know of the database that it opened. */
export interface CoreEngine extends SqlEngine {
  /** The version of the engine itself. */
  readonly version: string;
  /** What the server is that has the database; absent for SQLite, whose words are in the configuration. */
  readonly server?: { readonly name: string; readonly durable: boolean };
  /** Whether reads that wait together may run at the same time. */
  readonly readsAtOnce?: boolean;
  /** Bytes of the main database file, or of the database on its server. */
  readonly size: number | null | Promise<number | null>;
  readonly readOnly: boolean;
  /** What is known of other programs on the same file, and done about them. */
  readonly nativeLocks: StorageInfo['native_locks'];
  /** The lock file that keeps others of this library off; null where none is needed. */
  readonly lockFile: LockFile | null;
  /** @throws {DatabaseChanged} when another file, or none, has the name of the one that was opened */
  checkFile(): void;
  /** The whole database as one file. */
  bytes(): Promise<Uint8Array>;
  /** Takes the database as another program left it. */
  refresh(): Promise<void>;
  /** Lets go of the files at once, whatever waits; false when it cannot. */
  drop?(): boolean;
  /**
   * Closes a database that was new when it was opened, and takes its file away unless somebody else has been at it.
   * Absent where there is no file.
   */
  discard?(): Promise<void>;
}

/** What the core is made of; tests put other clocks and engines in. */
export interface CoreParts extends Origin {
  readonly openEngine: (config: CoreConfig) => Promise<CoreEngine>;
  /** Resolves after the messages that have arrived by now were delivered. */
  readonly nextTurn: () => Promise<void>;
}

type AnyAnswer = Answers[keyof Answers];

interface Waiting<C extends Command = Command> {
  readonly command: C;
  readonly resolve: (answer: AnyAnswer) => void;
  readonly reject: (reason: unknown) => void;
}

/** A command that shares its turn with no other. */
type LoneCommand = Exclude<Command, WriteCommand | BulkCommand>;

/** A database that is open, and what was found when it was opened or refreshed. */
interface Opened {
  readonly engine: CoreEngine;
  readonly config: CoreConfig;
  readonly schema: Schema;
}

export class Core {
  readonly #parts: CoreParts;
  readonly #queue: Waiting[] = [];
  #opened: Opened | null = null;
  #closed = false;
  /** Whether it was told to close, and has yet to do what came before. */
  #isLeft = false;
  #dropped: Error | null = null;
  #running = false;
  /** The transaction that everything else waits for. */
  #bulk: Bulk | null = null;
  /** What became of a database that was made for a bulk: nobody wants it when that has failed. */
  readonly #novelty = new Novelty();

  constructor(parts: CoreParts) {
    this.#parts = parts;
  }

  /** Runs a command after all that came before it. */
  call<C extends Command>(command: C): Promise<Answer<C>> {
    return new Promise((resolve, reject) => {
      // Each command is answered by the branch of its kind, which the types of a queue cannot say.
      const waiting = { command, resolve: resolve as (answer: AnyAnswer) => void, reject };
      if (isBulkPart(command)) {
        this.#runBulk(command).then(waiting.resolve, reject);
        return;
      }
      if (command.kind === 'close') {
        if (command.at_once === true) this.#drop();
        // Whoever closes in the middle of a bulk has given it up, also one that is only beginning.
        this.#isLeft = true;
        void this.#giveUpBulk();
      }
      this.#queue.push(waiting);
      if (!this.#running) void this.#drain();
    });
  }

  /** Never rejects: every failure goes to whoever sent the command. */
  async #drain(): Promise<void> {
    this.#running = true;
    for (let first = this.#queue[0]; first !== undefined; first = this.#queue[0]) {
      const { command } = first;
      if (isWrite(command)) {
        // While the last group was made durable nothing was delivered: what has arrived joins this one.
        await this.#parts.nextTurn();
        await this.#runWrites(this.#takeWrites());
      } else {
        await Promise.all(this.#takeReads().map((waiting) => this.#runAlone(waiting, waiting.command)));
        await this.#bulk?.ended;
      }
    }
    this.#running = false;
  }

  #takeWrites(): readonly Waiting<WriteCommand>[] {
    const writes: Waiting<WriteCommand>[] = [];
    for (let next = this.#queue[0]; next !== undefined && isWriting(next); next = this.#queue[0]) {
      writes.push(next);
      this.#queue.shift();
    }
    return writes;
  }

  /** The next command, and where the engine can do several at once, the reads that wait behind it. */
  #takeReads(): readonly Waiting<LoneCommand>[] {
    const reads: Waiting<LoneCommand>[] = [];
    for (let next = this.#queue[0]; next !== undefined && isAlone(next); next = this.#queue[0]) {
      const isRead = this.#opened?.engine.readsAtOnce === true && isTableRead(next.command);
      if (reads.length > 0 && !isRead) break;
      reads.push(next);
      this.#queue.shift();
      if (!isRead) break;
    }
    return reads;
  }

  async #runWrites(writes: readonly Waiting<WriteCommand>[]): Promise<void> {
    try {
      const { engine, config, schema } = this.#open();
      const newContext = this.#contexts({ engine, config, schema });
      const works = writes.map(
        ({ command }): Work<AnyAnswer> =>
          (connection) =>
            write(connection, command, newContext),
      );
      const results = await engine.group(works);
      for (const result of results) this.#novelty.wrote(result);
      for (const [place, { resolve, reject }] of writes.entries()) {
        const result = results[place];
        if (result?.status === 'fulfilled') resolve(result.value);
        else reject(result?.reason ?? new DatabaseError('The engine gave no result for a command.'));
      }
    } catch (error) {
      for (const { reject } of writes) reject(error);
    }
  }

  #contexts({ engine, config, schema }: Opened): () => WriteContext {
    return () => ({
      defaultTypeId: schema.defaultTypeId,
      softDeletes: config.soft_deletes,
      now: storableTime(engine.dialect, this.#parts.now()),
      newId: this.#parts.newId,
    });
  }

  async #beginBulk(): Promise<null> {
    this.#novelty.bulk();
    this.#bulk = await Bulk.begin(this.#open().engine);
    if (this.#isLeft) await this.#giveUpBulk();
    return null;
  }

  /** Past the queue, which waits for the bulk to end. */
  async #runBulk(command: BulkCommand): Promise<null> {
    const bulk = this.#bulk;
    if (bulk === null) throw new DatabaseError('There is no bulk under way: it was never begun, or has ended.');
    if (command.kind === 'appendBulk') {
      const newContext = this.#contexts(this.#open());
      await bulk.append((connection) => writeMany(connection, command.commands, newContext));
      return null;
    }
    this.#bulk = null;
    if (command.kind === 'rollbackBulk') await bulk.rollback();
    else await this.#novelty.during(bulk.commit());
    return null;
  }

  /** What waits will find that the database is another's, and nothing of it done. */
  #drop(): void {
    const opened = this.#opened;
    if (opened?.engine.drop?.() !== true) return;
    this.#opened = null;
    this.#dropped = new DatabaseTakenOver(opened.config.database);
  }

  async #giveUpBulk(): Promise<void> {
    const bulk = this.#bulk;
    this.#bulk = null;
    // Why it failed is nobody's question any more.
    await bulk?.rollback().catch(() => {});
  }

  async #runAlone({ resolve, reject }: Waiting, command: LoneCommand): Promise<void> {
    try {
      resolve(await this.#answer(command));
    } catch (error) {
      reject(error);
    }
  }

  async #answer(command: LoneCommand): Promise<AnyAnswer> {
    switch (command.kind) {
      case 'open':
        return this.#openDatabase(command.config);
      case 'close':
        return this.#close();
      case 'info':
        return this.#info();
      case 'refresh':
        return this.#refresh();
      case 'beginBulk':
        return this.#beginBulk();
      case 'exportDatabase':
        return this.#open().engine.bytes();
      case 'getKeyValues':
        return this.#open().schema.hasKeyValues ? this.#read(command) : [];
      default:
        return this.#read(command);
    }
  }

  #read(command: TableRead): Promise<AnyAnswer> {
    return this.#open().engine.read((connection) => read(connection, command));
  }

  #open(): Opened {
    if (this.#opened !== null) return this.#opened;
    if (this.#dropped !== null) throw this.#dropped;
    throw new ContextClosed(
      this.#closed
        ? 'The database was closed. Open it again with setup() or setPersistence().'
        : 'The database is not open yet, or could not be opened.',
    );
  }

  async #openDatabase(config: CoreConfig): Promise<Answers['open']> {
    if (this.#closed) this.#open();
    if (this.#opened !== null) throw new DatabaseError('This core has a database open already. Use another core.');
    const engine = await this.#parts.openEngine(config);
    try {
      const schema = engine.readOnly ? await readSchema(engine) : await prepareSchema(engine, this.#parts);
      this.#opened = { engine, config, schema };
      if (schema.isNew === true) this.#novelty.made();
      return { default_type: schema.default_type, lock_file: engine.lockFile };
    } catch (error) {
      // Why it was refused says more than why it could not be closed.
      await engine.close().catch(() => {});
      throw error;
    }
  }

  async #refresh(): Promise<Answers['refresh']> {
    const { engine, config } = this.#open();
    await engine.refresh();
    this.#novelty.taken();
    const schema = await readSchema(engine);
    this.#opened = { engine, config, schema };
    return { default_type: schema.default_type };
  }

  async #info(): Promise<StorageInfo> {
    const { engine, config, schema } = this.#open();
    engine.checkFile();
    const { server, version } = engine;
    return {
      medium: config.server?.dialect ?? config.medium,
      durability: server === undefined ? durabilityOf(config) : server.durable ? 'full' : 'off',
      persisted: server !== undefined || (await persistedIn(config.medium)),
      // On a server everybody may write who may.
      leader: !engine.readOnly,
      size: await engine.size,
      revision: schema.revision,
      versions: { [server?.name ?? 'sqlite']: version },
      native_locks: engine.nativeLocks,
      read_only: engine.readOnly,
    };
  }

  async #close(): Promise<null> {
    const opened = this.#opened;
    this.#opened = null;
    this.#closed = true;
    if (opened?.engine.discard !== undefined && this.#novelty.isUnwanted) await opened.engine.discard();
    else await opened?.engine.close();
    return null;
  }
}

const isAlone = (waiting: Waiting): waiting is Waiting<LoneCommand> => !isWrite(waiting.command);
const isTableRead = ({ kind }: Command): boolean => kind.startsWith('get');

/** IndexedDB stores a transaction as a whole in any case; files need their flushes for that. */
function durabilityOf({ medium, sqlite_synchronous }: CoreConfig): StorageInfo['durability'] {
  if (medium === 'memory') return 'none';
  if (sqlite_synchronous) return 'full';
  return medium === 'indexeddb' ? 'relaxed' : 'off';
}

async function persistedIn(medium: MediumName): Promise<boolean> {
  return medium === 'indexeddb' || medium === 'opfs' ? isPersisted() : medium === 'filesystem';
}

function isWriting(waiting: Waiting): waiting is Waiting<WriteCommand> {
  return isWrite(waiting.command);
}
