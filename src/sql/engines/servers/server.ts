/**
 * A database on a server as a SQL engine: MySQL, MariaDB or PostgreSQL, through its driver.
 *
 * Others write at the same time. So work locks the rows that it changes, and when the server rolls it back
 * because of a concurrent transaction, it is run again from the start, on the data as it is then.
 */
import { DatabaseUnavailable, InvalidOption, OutcomeUnknown, ReadOnly } from '../../../errors/index.ts';
import type { RowSet, ServerConfig } from '../../../rpc/contract.ts';
import { waitable } from '../../../runtime.ts';
import type { CoreEngine, SqlParameters, Work } from '../../engine.ts';
import type { SchemaAdapter } from '../../schema/schema-adapter.ts';
import { serverSchema } from '../../schema/server-schema.ts';
import { HeldState } from './held-state.ts';
import { RetryPolicy } from './retry-policy.ts';
import type { ServerDriver, ServerFacts, ServerSession } from './server-driver.ts';
import { ServerFault, ServerTransaction } from './server-transaction.ts';
import { SessionPool } from './session-pool.ts';
import { SessionRunner } from './session-runner.ts';

/** Milliseconds that a statement may take unless the configuration says otherwise. */
export const usualStatementTimeout = 60_000;
/** Milliseconds that we wait beyond the server's own limit: its error says more than silence. */
const serverLead = 5_000;
/** The most pieces of work that share a transaction: the more, the longer others wait for the rows that they lock. */
const largestGroup = 100;

/** Connects to the server and identifies it. Fails at once if it cannot. */
export async function openServer(driver: ServerDriver, config: ServerConfig, readOnly: boolean): Promise<ServerEngine> {
  let session: ServerSession | null = null;
  try {
    session = await driver.connect();
    const facts = await driver.facts(session);
    return new ServerEngine(driver, config, readOnly, facts, session);
  } catch (error) {
    session?.destroy();
    throw driver.fault(error, null).error;
  }
}

export class ServerEngine implements CoreEngine {
  readonly dialect: ServerConfig['dialect'];
  readonly readOnly: boolean;
  readonly version: string;
  readonly server: ServerFacts;
  readonly schemaAdapter: SchemaAdapter;
  readonly nativeLocks = null;
  readonly lockFile = null;
  readonly readsAtOnce = true;
  readonly #driver: ServerDriver;
  readonly #config: ServerConfig;
  readonly #pool: SessionPool;
  #held: HeldState | null = null;

  constructor(driver: ServerDriver, config: ServerConfig, readOnly: boolean, facts: ServerFacts, first: ServerSession) {
    this.dialect = driver.dialect;
    this.readOnly = readOnly;
    this.version = facts.version;
    this.server = facts;
    this.schemaAdapter = serverSchema(driver.dialect);
    this.#driver = driver;
    this.#config = config;
    let made: ServerSession | null = first;
    this.#pool = new SessionPool(async () => {
      const session = made ?? (await driver.connect());
      made = null;
      return session;
    });
  }

  get path(): string {
    return this.#config.name;
  }

  get size(): Promise<number | null> {
    return this.read(async (connection) => {
      const { rows } = await connection.all(this.#driver.sizeQuery);
      return rows[0]?.[0] == null ? null : Number(rows[0][0]);
    });
  }

  /** There is no file that could have been replaced. */
  checkFile(): void {}

  /** Nothing of the database is cached here. */
  async refresh(): Promise<void> {}

  async bytes(): Promise<Uint8Array> {
    throw new InvalidOption(`${this.#config.name} is not a SQLite database: there is no file to export.`);
  }

  all(sql: string, parameters?: SqlParameters): Promise<RowSet> {
    return this.read((connection) => connection.all(sql, parameters));
  }

  run(sql: string, parameters?: SqlParameters): Promise<number> {
    return this.transaction((connection) => connection.run(sql, parameters));
  }

  /** From now on, all reads see the state that the next one finds, until one of them fails. */
  holdState(): void {
    this.#held ??= new HeldState(this.dialect, (task) =>
      this.#using((runner) => this.#inTransaction(runner, this.#driver.beginReading, () => task(runner))),
    );
  }

  read<T>(work: Work<T>): Promise<T> {
    const held = this.#held;
    if (held !== null) return this.#persistently(() => held.read(work));
    return this.#onSession((runner) =>
      this.#inTransaction(runner, this.#driver.beginReading, async () => {
        const value = await new ServerTransaction(this.dialect, runner).attempt(work);
        // Nothing is in doubt if the answer to this is lost.
        await runner.run('COMMIT', []).catch(() => runner.abandon());
        return value;
      }),
    );
  }

  async transaction<T>(work: Work<T>): Promise<T> {
    this.#refuseReadOnly();
    return this.#onSession((runner) =>
      this.#inTransaction(runner, this.#driver.beginWriting, async () => {
        const value = await new ServerTransaction(this.dialect, runner).attempt(work);
        await this.#commit(runner);
        return value;
      }),
    );
  }

  async group<T>(works: readonly Work<T>[]): Promise<PromiseSettledResult<T>[]> {
    const results: PromiseSettledResult<T>[] = [];
    for (let start = 0; start < works.length; start += largestGroup) {
      results.push(...(await this.#oneGroup(works.slice(start, start + largestGroup))));
    }
    return results;
  }

  async close(): Promise<void> {
    await this.#held?.end();
    await this.#pool.close();
  }

  async #oneGroup<T>(works: readonly Work<T>[]): Promise<PromiseSettledResult<T>[]> {
    const retries = new RetryPolicy(this.#config.lock_timeout);
    while (works.length > 1) {
      try {
        return await this.#transactGroup(works);
      } catch (error) {
        const fault = error instanceof ServerFault ? error.fault : null;
        // Others contend for the same rows: run one by one, each piece of work holds its locks for a shorter time.
        if (fault?.kind === 'conflict' || fault?.kind === 'duplicate') break;
        const reason = fault?.error ?? error;
        const isOver = fault === null || !(await retries.mayRetry(fault.kind));
        if (isOver) return works.map(() => ({ status: 'rejected', reason }));
      }
    }
    return this.#oneByOne(works);
  }

  async #oneByOne<T>(works: readonly Work<T>[]): Promise<PromiseSettledResult<T>[]> {
    const results: PromiseSettledResult<T>[] = [];
    let absent: PromiseRejectedResult | null = null;
    for (const work of works) {
      const result: PromiseSettledResult<T> = absent ?? (await settled(this.transaction(work)));
      results.push(result);
      // Each of the others would wait just as long for a server that is gone.
      if (result.status === 'rejected' && result.reason instanceof DatabaseUnavailable) absent = result;
    }
    return results;
  }

  /** Throws a {@link ServerFault} when nothing was stored and another way may be tried. */
  async #transactGroup<T>(works: readonly Work<T>[]): Promise<PromiseSettledResult<T>[]> {
    this.#refuseReadOnly();
    return this.#using((runner) =>
      this.#inTransaction(runner, this.#driver.beginWriting, async () => {
        const results: PromiseSettledResult<T>[] = [];
        for (const work of works) results.push(await this.#attemptInGroup(runner, work));
        try {
          await this.#commit(runner);
        } catch (reason) {
          if (!(reason instanceof OutcomeUnknown)) throw reason;
          // Work that failed by itself keeps its own reason.
          return results.map((result) => (result.status === 'rejected' ? result : { status: 'rejected', reason }));
        }
        return results;
      }),
    );
  }

  async #attemptInGroup<T>(runner: SessionRunner, work: Work<T>): Promise<PromiseSettledResult<T>> {
    await runner.run('SAVEPOINT work', []);
    const transaction = new ServerTransaction(this.dialect, runner);
    const result = await settled(transaction.attempt(work));
    if (result.status === 'rejected') {
      if (result.reason instanceof ServerFault) throw result.reason;
      await runner.run('ROLLBACK TO SAVEPOINT work', []);
    }
    await runner.run('RELEASE SAVEPOINT work', []);
    return result;
  }

  #refuseReadOnly(): void {
    if (this.readOnly) throw new ReadOnly(this.#config.name);
  }

  /** Retries a task that failed through no fault of its own, for as long as that is worthwhile. */
  async #persistently<T>(task: () => Promise<T>): Promise<T> {
    const retries = new RetryPolicy(this.#config.lock_timeout);
    for (;;) {
      try {
        return await task();
      } catch (error) {
        if (!(error instanceof ServerFault)) throw error;
        if (!(await retries.mayRetry(error.fault.kind))) throw error.fault.error;
      }
    }
  }

  #onSession<T>(task: (runner: SessionRunner) => Promise<T>): Promise<T> {
    return this.#persistently(() => this.#using(task));
  }

  /** Runs a task on a connection of its own. */
  async #using<T>(task: (runner: SessionRunner) => Promise<T>): Promise<T> {
    let session: ServerSession;
    try {
      session = await this.#pool.acquire();
    } catch (error) {
      throw new ServerFault(this.#driver.fault(error, null));
    }
    try {
      return await task(new SessionRunner(this.#driver, session, this.#timeout));
    } catch (error) {
      if (error instanceof ServerFault && error.fault.kind === 'lost') this.#pool.evictIdle();
      throw error;
    } finally {
      this.#pool.release(session);
    }
  }

  get #timeout(): number {
    const { statementTimeout } = this.#driver;
    return statementTimeout ? waitable(statementTimeout + serverLead) : 0;
  }

  /** Begins a transaction; `task` ends it, or it is rolled back when `task` throws. */
  async #inTransaction<T>(runner: SessionRunner, begin: readonly string[], task: () => Promise<T>): Promise<T> {
    try {
      for (const statement of begin) await runner.run(statement, []);
      return await task();
    } catch (error) {
      if (!(error instanceof OutcomeUnknown)) await runner.run('ROLLBACK', []).catch(() => runner.abandon());
      throw error;
    }
  }

  async #commit(runner: SessionRunner): Promise<void> {
    try {
      await runner.run('COMMIT', []);
    } catch (error) {
      if (!(error instanceof ServerFault)) throw error;
      const { kind, error: cause } = error.fault;
      // The server says that it was rolled back: nothing is in doubt.
      if (kind === 'conflict' || kind === 'duplicate' || kind === 'refused') throw error;
      runner.abandon();
      this.#pool.evictIdle();
      throw new OutcomeUnknown(
        `${this.#config.name}: the connection was lost before the server confirmed the commit. ` +
          'The change is stored whole or not at all. Check before repeating it.',
        { cause },
      );
    }
  }
}

async function settled<T>(promise: Promise<T>): Promise<PromiseSettledResult<T>> {
  const [result] = await Promise.allSettled([promise]);
  return result;
}
