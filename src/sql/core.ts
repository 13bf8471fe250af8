/**
 * The persistence core: runs commands on a database in the order in which they arrive.
 *
 * Queued writes become durable as a group, with a single flush. Reads run between groups, so that none
 * returns data that a power cut could still undo.
 */
import {
  ContextClosed,
  DatabaseError,
  DatabaseTakenOver,
  SchemaError,
  VolumeTypeNotFoundByName,
} from '../errors/index.ts';
import { isBulkPart, isGetter, isWrite } from '../rpc/command-kinds.ts';
import type { Answer, Answers, BulkCommand, Command, CoreConfig, WriteCommand } from '../rpc/contract.ts';
import { wireVersion } from '../rpc/wire-version.ts';
import { Bulk } from './bulk.ts';
import { storableTime } from './dialect.ts';
import { DiscardPolicy } from './discard-policy.ts';
import type { CoreEngine, Work } from './engine.ts';
import { prepareSchema, readSchema, type Schema } from './revisions.ts';
import { read, type TableRead, write } from './run-command.ts';
import type { Origin } from './schema/seeds.ts';
import { storageInfo } from './storage-info.ts';
import { withoutWriting } from './write/without-writing.ts';
import type { WriteContext } from './write/write-context.ts';
import { writeMany } from './write/write-many.ts';

/** What the core depends on; tests inject other clocks and engines. */
export interface CoreParts extends Origin {
  readonly openEngine: (config: CoreConfig) => Promise<CoreEngine>;
  /** Resolves once every message that has already arrived is delivered. */
  readonly nextTurn: () => Promise<void>;
}

type AnyAnswer = Answers[keyof Answers];

interface Waiting<C extends Command = Command> {
  readonly command: C;
  readonly resolve: (answer: AnyAnswer) => void;
  readonly reject: (reason: unknown) => void;
}

/** A command that joins neither a group of writes nor a bulk. */
type LoneCommand = Exclude<Command, WriteCommand | BulkCommand>;

/** A database that is open, and what was found when it was opened or refreshed. */
export interface Opened {
  readonly engine: CoreEngine;
  readonly config: CoreConfig;
  readonly schema: Schema;
}

export class Core {
  readonly #parts: CoreParts;
  readonly #queue: Waiting[] = [];
  #opened: Opened | null = null;
  #closed = false;
  /** Whether it was told to close and still has earlier commands to run. */
  #isLeft = false;
  #dropped: Error | null = null;
  #running = false;
  /** The transaction that everything else waits for. */
  #bulk: Bulk | null = null;
  /** What the latest dry run has been given so far. */
  #rehearsal: (Required<Pick<WriteContext, 'rehearsed'>> & { readonly bulk: string }) | null = null;
  /** Whether a database that was created for a bulk is still wanted: not if the bulk failed. */
  readonly #discardPolicy = new DiscardPolicy();

  constructor(parts: CoreParts) {
    this.#parts = parts;
  }

  /** Runs a command after all that came before it. */
  call<C extends Command>(command: C): Promise<Answer<C>> {
    return new Promise((resolve, reject) => {
      // Each command gets the answer of its own kind, which the type of the queue cannot express.
      const waiting = { command, resolve: resolve as (answer: AnyAnswer) => void, reject };
      if (isBulkPart(command)) {
        this.#runBulk(command).then(waiting.resolve, reject);
        return;
      }
      if (command.kind === 'close') {
        if (command.at_once === true) this.#drop();
        // Closing during a bulk abandons it, even one that is only just beginning.
        this.#isLeft = true;
        void this.#giveUpBulk();
      }
      this.#queue.push(waiting);
      if (!this.#running) void this.#drain();
    });
  }

  /** Never rejects: each failure goes to the caller of its command. */
  async #drain(): Promise<void> {
    this.#running = true;
    for (let first = this.#queue[0]; first !== undefined; first = this.#queue[0]) {
      const { command } = first;
      if (isWrite(command)) {
        // No message was delivered while the last group was flushed: let those that have arrived join this one.
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

  /** The next command; if it is a read and the engine runs reads concurrently, the reads queued behind it too. */
  #takeReads(): readonly Waiting<LoneCommand>[] {
    const reads: Waiting<LoneCommand>[] = [];
    for (let next = this.#queue[0]; next !== undefined && isAlone(next); next = this.#queue[0]) {
      const isRead = this.#opened?.engine.readsAtOnce === true && isGetter(next.command);
      if (reads.length > 0 && !isRead) break;
      reads.push(next);
      this.#queue.shift();
      if (!isRead) break;
    }
    return reads;
  }

  async #runWrites(writes: readonly Waiting<WriteCommand>[]): Promise<void> {
    try {
      const opened = this.#open();
      const newContext = this.#contexts(opened);
      const works = writes.map(
        ({ command }): Work<AnyAnswer> =>
          (connection) =>
            write(connection, command, newContext),
      );
      const results = await opened.engine.group(works);
      for (const result of results) this.#discardPolicy.wrote(result);
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
    this.#discardPolicy.bulkBegins();
    this.#bulk = await Bulk.begin(this.#open().engine);
    if (this.#isLeft) await this.#giveUpBulk();
    return null;
  }

  /** Bypasses the queue, which waits for the bulk to end. */
  async #runBulk(command: BulkCommand): Promise<Answer<BulkCommand>> {
    const bulk = this.#bulk;
    if (bulk === null) throw new DatabaseError('No bulk is in progress: it was never begun, or has ended.');
    if (command.kind === 'appendBulk') {
      const newContext = this.#contexts(this.#open());
      return bulk.append((connection) => writeMany(connection, command.commands, newContext));
    }
    this.#bulk = null;
    if (command.kind === 'rollbackBulk') await bulk.rollback();
    else await this.#discardPolicy.whileCommitting(bulk.commit());
    return null;
  }

  /** Queued commands then fail with {@link DatabaseTakenOver}, and none of them is executed. */
  #drop(): void {
    const opened = this.#opened;
    if (opened?.engine.drop?.() !== true) return;
    this.#opened = null;
    this.#dropped = new DatabaseTakenOver(opened.config.database);
  }

  async #giveUpBulk(): Promise<void> {
    const bulk = this.#bulk;
    this.#bulk = null;
    // The bulk is abandoned anyway: nobody needs to know why its rollback failed.
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
        return storageInfo(this.#open());
      case 'refresh':
        return this.#refresh(command.hold === true);
      case 'beginBulk':
        return this.#beginBulk();
      case 'exportDatabase':
        return this.#open().engine.bytes();
      case 'checkWrites':
        return this.#checkWrites(command);
      case 'getKeyValues':
        return this.#open().schema.hasKeyValues ? this.#read(command) : [];
      default:
        return this.#read(command);
    }
  }

  async #checkWrites({ bulk, commands }: Extract<Command, { readonly kind: 'checkWrites' }>): Promise<null> {
    const opened = this.#open();
    // Opening for writing creates the table, empty.
    const some = commands.filter(({ kind }) => opened.schema.hasKeyValues || kind !== 'setKeyValue');
    const newContext = this.#contexts(opened);
    const known = this.#rehearsal?.bulk === bulk ? this.#rehearsal.rehearsed : [];
    const rehearsed = await opened.engine.read(async (connection) => {
      // A copy: an engine may repeat a read that others have disturbed.
      const rehearsed = new Map(known);
      await writeMany(withoutWriting(connection), some, () => ({ ...newContext(), rehearsed }));
      return rehearsed;
    });
    this.#rehearsal = { bulk, rehearsed };
    return null;
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
      if (schema.isNew === true) this.#discardPolicy.created();
      return { version: wireVersion, default_type: schema.default_type, lock_file: engine.lockFile };
    } catch (error) {
      // The reason for the refusal tells more than a failure to close.
      await engine.close().catch(() => {});
      throw named(error, engine);
    }
  }

  async #refresh(hold: boolean): Promise<Answers['refresh']> {
    const { engine, config } = this.#open();
    if (hold) engine.holdState?.();
    await engine.refresh();
    this.#discardPolicy.refreshed();
    const schema = await readSchema(engine).catch((error: unknown) => {
      throw named(error, engine);
    });
    this.#opened = { engine, config, schema };
    return { default_type: schema.default_type };
  }

  async #close(): Promise<null> {
    const opened = this.#opened;
    this.#opened = null;
    this.#closed = true;
    if (opened?.engine.discard !== undefined && this.#discardPolicy.shouldDiscard) await opened.engine.discard();
    else await opened?.engine.close();
    return null;
  }
}

/** Says in an error about the schema which database it is: the caller may have opened several. */
function named(error: unknown, { path }: CoreEngine): unknown {
  if (error instanceof SchemaError) return Object.assign(new SchemaError(`${path}: ${error.message}`), error, { path });
  return error instanceof VolumeTypeNotFoundByName ? Object.assign(error, { path }) : error;
}

function isWriting(waiting: Waiting): waiting is Waiting<WriteCommand> {
  return isWrite(waiting.command);
}

function isAlone(waiting: Waiting): waiting is Waiting<LoneCommand> {
  return !isWrite(waiting.command);
}
