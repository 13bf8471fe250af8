/** The storages and files that a command opens, and closing all of them when it ends. */
import type { ContextInfo } from '../cinderlib.ts';
import { carry } from '../migrate/carry.ts';
import { closeAll } from '../migrate/close-all.ts';
import { openContext, openHeld, sourceOf, targetOf } from '../migrate/open.ts';
import { MISSING_TABLE, type NotCarried } from '../migrate/report.ts';
import type { Source } from '../migrate/source.ts';
import type { PersistenceDriver } from '../persistence/driver.ts';
import { builtin } from '../runtime.ts';
import { givenContent, sourceIn } from './given-file.ts';
import { storageConfig } from './storage-argument.ts';
import type { Terminal } from './terminal.ts';

/** A storage opened for inspection. */
export interface LookedAt {
  readonly storage: PersistenceDriver;
  info(): Promise<ContextInfo>;
  /** What the storage contains that none of its objects shows. */
  leftOut(): Promise<readonly NotCarried[]>;
  /** Objects of a file that cannot be shown, though they could be if they were in a database, and tables that it lacks. */
  readonly hidden: readonly NotCarried[];
}

/** The kinds of objects that `ls` lists, by their names in reports, and the tables that they are read from. */
const shownKinds = new Set(['volume', 'snapshot', 'connection', MISSING_TABLE]);

/** Everything that was opened for a command and must be closed when it ends, however it ends. */
export class Storages {
  readonly #terminal: Terminal;
  readonly #open = new Set<() => Promise<void> | void>();
  #closing: Promise<void> = Promise.resolve();

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  /** Registers a task for when the command ends or is stopped. */
  atEnd(task: () => Promise<void> | void): void {
    this.#open.add(task);
  }

  /** Runs all tasks, even if some fail. A call that comes while they are running waits for them. */
  close(): Promise<void> {
    const before = this.#closing;
    const tasks = [...this.#open].reverse();
    this.#open.clear();
    this.#closing = closeAll([() => before, ...tasks]);
    return this.#closing;
  }

  /** Opens a storage for inspection. The content of a file that is not a database is loaded into memory. */
  async lookAt(argument: string): Promise<LookedAt> {
    const bytes = await givenContent(argument, this.#terminal);
    if (bytes === null) {
      const { persistence, context } = await this.opened(openHeld(storageConfig(argument)));
      const leftOut = () => sourceOf(persistence).leftOut();
      return { storage: persistence, info: () => context.info(), leftOut, hidden: [] };
    }
    const { persistence, context } = await this.opened(openContext({ storage: 'memory' }));
    const options = { dry_run: false, verify: false, key_values: true, on_progress: () => {} };
    const { not_carried } = await carry(sourceIn(argument, bytes), targetOf(persistence, context), options);
    const hidden = not_carried.filter(({ kind, field }) => field === null && shownKinds.has(kind));
    const info = async () => ({ ...(await context.info()), ...dumpFacts(argument) });
    return { storage: persistence, info, leftOut: async () => not_carried, hidden };
  }

  /** Opens a storage or a file as a source. */
  async source(argument: string): Promise<Source> {
    const bytes = await givenContent(argument, this.#terminal);
    if (bytes !== null) return sourceIn(argument, bytes);
    const { persistence } = await this.opened(openHeld(storageConfig(argument)));
    return sourceOf(persistence);
  }

  /** Ensures that a storage is closed at the end, even if the command is stopped while it is being opened. */
  opened<O extends { close(): Promise<void> }>(opening: Promise<O>): Promise<O> {
    this.atEnd(async () => {
      // If opening fails, the caller gets the error.
      const opened = await opening.catch(() => null);
      await opened?.close();
    });
    return opening;
  }
}

/** What `info` says of a dump rather than of the memory that it was loaded into. */
function dumpFacts(argument: string): Partial<ContextInfo> {
  // A pipe is gone once it was read.
  const isFile =
    argument !== '-' && builtin('node:fs')?.statSync(argument, { throwIfNoEntry: false })?.isFile() === true;
  const medium = isFile ? 'filesystem' : null;
  return { storage: 'dump', medium, persisted: isFile, leader: false, read_only: true };
}
