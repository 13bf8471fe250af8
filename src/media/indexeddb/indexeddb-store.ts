/**
 * The records of one database in IndexedDB.
 *
 * Invariants:
 * - A change is one transaction: all its records or none. All requests are made before anything is awaited.
 * - The header is read first in it: a store that a later opener has replaced writes nothing.
 * - A connection that the browser closes by force is reopened once, and the change repeated. That is safe, for
 *   the same records are written and nobody else may write others.
 * - Chromium begins a new log after each connecting, and before anything is changed (see chromium-loss.ts).
 */
import { type DBSchema, deleteDB, type IDBPDatabase, type IDBPTransaction, openDB } from 'idb';
import {
  DatabaseChanged,
  DatabaseTakenOver,
  NotADatabase,
  OutcomeUnknown,
  StorageFailure,
} from '../../errors/index.ts';
import type { BlockFile } from '../block-file.ts';
import { blockSize } from '../block-file.ts';
import { browserFailure, browserOpenFailure, browserWord, lost, noDatabase, removed } from '../browser-failure.ts';
import type { WritePlan } from './block-plan.ts';
import { assemble, checkHeader, type Header, newHeader, type StoredDatabase, versionOf } from './block-records.ts';
import { keepLoss, lossBefore, lossOf, renewLog } from './chromium-loss.ts';

interface Records extends DBSchema {
  header: { key: string; value: Header };
  extents: { key: number; value: Uint8Array<ArrayBuffer> };
  blocks: { key: number; value: Uint8Array<ArrayBuffer> };
}
type StoreName = 'header' | 'extents' | 'blocks';
type Transaction<M extends IDBTransactionMode> = IDBPTransaction<Records, StoreName[], M>;

const storeNames: StoreName[] = ['header', 'extents', 'blocks'];
/** The version of the database in IndexedDB's own sense: which object stores there are. */
const schemaVersion = 1;
const headerKey = 'header';
/** Records that are read at once: Firefox refuses answers of 245 MB and more. */
const readAtOnce = 256;
/** The errors of a connection that the browser has closed, during a transaction or before it. */
const closedByForce = new Set(['AbortError', 'InvalidStateError', 'UnknownError']);

/** `strict` waits until the disk has the data, if the system keeps its word; `relaxed` until the system has it. */
export type Durability = 'strict' | 'relaxed';

export class IndexedDbStore {
  readonly path: string;
  readonly #name: string;
  readonly #durability: Durability;
  #connection: IDBPDatabase<Records> | null = null;
  #header: Header;
  #created = false;
  /** Whether the browser closed the connection by force, so that the outcome of its last transaction is uncertain. */
  #terminated = false;
  /** Why Chromium may still be going on with a torn log; null if it is not. */
  #tornLog: unknown = null;

  /** @param extentSize the extent size of a new database */
  constructor(name: string, path: string, durability: Durability, extentSize: number) {
    this.#header = newHeader(extentSize);
    this.#name = name;
    this.path = path;
    this.#durability = durability;
  }

  /** The size of the extents that the database is stored in. */
  get extentSize(): number {
    return this.#header.extent_size;
  }

  /** Whether this store created the database, and has stored nothing yet. */
  get isNew(): boolean {
    return this.#created && this.#header.changes === 0;
  }

  /**
   * Reads the database, and takes it over from its previous opener: from then on only this store writes to it.
   *
   * @throws {NotADatabase | DatabaseCorrupt | DatabaseUnavailable | StorageFailure} having changed nothing
   */
  async takeOver(): Promise<StoredDatabase> {
    await this.#connect(true);
    if (this.#created) await this.#refuseLoss();
    await this.#writable();
    return this.#reading('readwrite', async (transaction) => {
      const stored = await readAll(transaction, this.path);
      const claimed = { ...stored.header, epoch: stored.header.epoch + 1 };
      await transaction.objectStore('header').put(claimed, headerKey);
      this.#header = claimed;
      return stored;
    });
  }

  /** Reads the database as it is, for readers. */
  async read(): Promise<StoredDatabase> {
    await this.#connect(false);
    return this.#reading('readonly', (transaction) => readAll(transaction, this.path));
  }

  /**
   * Reads the database that was taken over, after it has become unknown how much of it was stored.
   *
   * @throws {DatabaseTakenOver | DatabaseChanged} when another opener has it, or it is gone
   */
  async readAgain(): Promise<StoredDatabase> {
    const stored = await this.read();
    const refusal = this.#refusal(stored.header);
    if (refusal !== null) throw refusal;
    this.#header = stored.header;
    return stored;
  }

  /** The version of what is stored, for readers. */
  async version(): Promise<string> {
    await this.#connect(false);
    return this.#reading('readonly', async (transaction) => {
      return versionOf(checkHeader(await transaction.objectStore('header').get(headerKey), this.path));
    });
  }

  /** Stores a change: durable when it resolves, not stored at all when it rejects, unless the error says otherwise. */
  async write(file: BlockFile, plan: WritePlan): Promise<void> {
    const header: Header = { ...this.#header, size: file.size(), changes: this.#header.changes + 1 };
    await this.#repeatedOnce(async () => this.#put(await this.#writable(), file, plan, header));
    this.#header = header;
  }

  /** Moves single blocks into their extents: changes how the database is stored, not its content. */
  async fold(file: BlockFile, plan: WritePlan): Promise<void> {
    const connection = await this.#writable();
    // From here on all requests are made without waiting, so that no SQLite transaction can begin in between.
    if (file.isDurable) await this.#put(connection, file, plan, this.#header);
    else throw new StorageFailure(`${this.path} is being written to.`, this.path);
  }

  close(): void {
    this.#connection?.close();
    this.#connection = null;
  }

  /** Removes the database. */
  async remove(): Promise<void> {
    this.close();
    try {
      // A connection that does not close when asked delays the removal until it does: do not wait for that.
      await new Promise<void>((resolve, reject) => {
        deleteDB(this.#name, { blocked: () => resolve() }).then(resolve, reject);
      });
    } catch (error) {
      throw browserFailure('remove', this.path, error);
    }
  }

  /** The connection to write with: one through which nothing is appended to a torn log. */
  async #writable(): Promise<IDBPDatabase<Records>> {
    const connection = await this.#connect(false);
    if (this.#tornLog !== null) this.#tornLog = await renewLog(this.#name);
    if (this.#tornLog !== null) throw browserFailure('write to', this.path, this.#tornLog);
    return connection;
  }

  /** Refuses to begin anew in place of a database that Chromium may have removed, until that was said. */
  async #refuseLoss(): Promise<void> {
    const reason = await lossBefore(this.#name).catch((error: unknown) => {
      throw browserFailure('read', this.path, error);
    });
    if (reason === null) return;
    await this.remove();
    throw lost(this.path, reason);
  }

  async #put(connection: IDBPDatabase<Records>, file: BlockFile, plan: WritePlan, header: Header): Promise<void> {
    // Chromium keeps large values in files of their own, which it may leave unwritten unless durability is strict.
    const durability = plan.extents.length > 0 ? 'strict' : this.#durability;
    const transaction = connection.transaction(storeNames, 'readwrite', { durability });
    // Rejects whenever one of its requests does, with the reason.
    const done = transaction.done.then(
      () => null,
      (error: unknown) => ({ error }),
    );
    let refusal: unknown = null;
    try {
      const headers = transaction.objectStore('header');
      const found = headers.get(headerKey);
      found.catch(ignore);
      putPieces(transaction, file, plan, header.extent_size);
      headers.put(header, headerKey).catch(ignore);
      refusal = this.#refusal(await found);
      if (refusal === null) transaction.commit();
    } catch (error) {
      refusal = error;
    }
    // Otherwise the requests made so far would be stored.
    if (refusal !== null) abort(transaction);
    const failure = await done;
    // That a transaction was aborted tells less than why.
    if (failure !== null && browserWord(failure.error) !== 'AbortError') throw failure.error;
    if (refusal !== null || failure !== null) throw refusal ?? failure?.error;
  }

  /** Why this store may no longer write; null while it may. */
  #refusal(found: Header | undefined): Error | null {
    if (found?.epoch === this.#header.epoch) return null;
    return found === undefined ? this.#missing() : new DatabaseTakenOver(this.path);
  }

  #missing(): Error {
    return this.#header.epoch === 0 ? noDatabase(this.path) : removed(this.path);
  }

  async #repeatedOnce(write: () => Promise<void>): Promise<void> {
    this.#terminated = false;
    try {
      await write();
      return;
    } catch (error) {
      if (!closedByForce.has(browserWord(error) ?? '')) throw browserFailure('write to', this.path, error);
    }
    const { wasClosed } = await this.#reopened();
    try {
      await write();
    } catch (cause) {
      const failure = browserFailure('write to', this.path, cause);
      if (!wasClosed || failure instanceof DatabaseTakenOver || failure instanceof DatabaseChanged) throw failure;
      throw new OutcomeUnknown(
        `${this.path}: the browser closed its storage during the write, and did not reopen it. ` +
          'The change may or may not be stored. Call refresh(), and check before writing it again.',
        { cause: failure },
      );
    }
  }

  async #reopened(): Promise<{ readonly wasClosed: boolean }> {
    // The connection's `close` event comes after its transactions have failed.
    await new Promise((resolve) => void setTimeout(resolve, 0));
    const wasClosed = this.#terminated;
    this.close();
    return { wasClosed };
  }

  async #reading<M extends 'readonly' | 'readwrite', T>(
    mode: M,
    read: (transaction: Transaction<M>) => Promise<T>,
  ): Promise<T> {
    const connection = await this.#connect(false);
    try {
      const transaction = connection.transaction(storeNames, mode);
      transaction.done.catch(ignore);
      try {
        const result = await read(transaction);
        await transaction.done;
        return result;
      } catch (error) {
        abort(transaction);
        throw error;
      }
    } catch (error) {
      throw browserFailure('read', this.path, error);
    }
  }

  /** The connection, made when there is none; creates the database too when `create` is set. */
  async #connect(create: boolean): Promise<IDBPDatabase<Records>> {
    if (this.#connection !== null) return this.#connection;
    const connection = await this.#open(create);
    if (storeNames.some((name) => !connection.objectStoreNames.contains(name))) {
      connection.close();
      throw new NotADatabase(this.path, `the IndexedDB database ${this.#name} was not made by this library`);
    }
    this.#connection = connection;
    this.#tornLog = await renewLog(this.#name);
    return connection;
  }

  async #open(create: boolean): Promise<IDBPDatabase<Records>> {
    let isMissing = false;
    let loss: string | null = null;
    let keeping: Promise<void> | null = null;
    const forget = (): void => {
      this.#connection = null;
    };
    try {
      const connection = await openDB<Records>(this.#name, schemaVersion, {
        upgrade: (database, _, __, transaction, event) => {
          loss = lossOf(event);
          if (create && loss === null) {
            for (const name of storeNames) database.createObjectStore(name);
            // Random, so that it differs from that of an opener whose database of the same name was removed.
            const [epoch = 0] = crypto.getRandomValues(new Uint32Array(1));
            transaction
              .objectStore('header')
              .put({ ...this.#header, epoch }, headerKey)
              .catch(ignore);
            this.#created = true;
            return;
          }
          if (loss !== null) keeping = keepLoss(loss, this.#name).catch(ignore);
          // IndexedDB cannot open without creating: abort the creation.
          isMissing = true;
          transaction.done.catch(ignore);
          transaction.abort();
        },
        // Someone wants to remove it, and would have to wait for as long as it is open.
        blocking: (_, __, event) => {
          forget();
          (event.target as IDBDatabase | null)?.close();
        },
        terminated: () => {
          this.#terminated = true;
          forget();
        },
      });
      return connection;
    } catch (error) {
      await keeping;
      if (loss !== null) throw lost(this.path, loss);
      if (isMissing) throw this.#missing();
      if (browserWord(error) !== 'VersionError') throw browserOpenFailure(this.path, error);
      throw new NotADatabase(
        this.path,
        `the IndexedDB database ${this.#name} was made by something else, or by a newer version of this library`,
      );
    }
  }
}

async function readAll(transaction: Transaction<IDBTransactionMode>, path: string): Promise<StoredDatabase> {
  const [header, extents, blocks] = await Promise.all([
    transaction.objectStore('header').get(headerKey),
    recordsOf(transaction, 'extents'),
    recordsOf(transaction, 'blocks'),
  ]);
  return assemble({ header, extents, blocks }, path);
}

async function recordsOf(
  transaction: Transaction<IDBTransactionMode>,
  name: 'extents' | 'blocks',
): Promise<Map<number, unknown>> {
  const records = transaction.objectStore(name);
  const keys = await records.getAllKeys();
  const parts = Array.from({ length: Math.ceil(keys.length / readAtOnce) }, (_, part) => {
    const [first = 0, last = first] = [keys[part * readAtOnce], keys[(part + 1) * readAtOnce - 1] ?? keys.at(-1)];
    return records.getAll(IDBKeyRange.bound(first, last));
  });
  const values = (await Promise.all(parts)).flat();
  return new Map(keys.map((key, place) => [key, values[place]]));
}

/** Makes all requests of a plan, without waiting for any. */
function putPieces(transaction: Transaction<'readwrite'>, file: BlockFile, plan: WritePlan, extentSize: number): void {
  const extents = transaction.objectStore('extents');
  const blocks = transaction.objectStore('blocks');
  const ask = (request: Promise<unknown>): void => {
    // The transaction reports the reason, for all of its requests.
    request.catch(ignore);
  };
  for (const extent of plan.extents) {
    const blocksPerExtent = extentSize / blockSize;
    const first = extent * blocksPerExtent;
    ask(extents.put(file.extent(extent, extentSize), extent));
    ask(blocks.delete(IDBKeyRange.bound(first, first + blocksPerExtent - 1)));
  }
  for (const block of plan.blocks) ask(blocks.put(file.block(block), block));
  if (plan.dropFrom === null) return;
  ask(extents.delete(IDBKeyRange.lowerBound(plan.dropFrom.extent)));
  ask(blocks.delete(IDBKeyRange.lowerBound(plan.dropFrom.block)));
}

function abort(transaction: Transaction<IDBTransactionMode>): void {
  try {
    transaction.abort();
  } catch {
    // It has already ended.
  }
}

function ignore(): void {}
