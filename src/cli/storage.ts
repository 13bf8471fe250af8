/** Opens what a command line names: a database URL, the path of a file, or a `persistence_config` as JSON. */
import { isDict } from '../cinder/dict.ts';
import type { ContextInfo } from '../cinderlib.ts';
import { unpack } from '../convert/decode.ts';
import { fileSource, isDump, isPacked, isSqlite } from '../convert/file-source.ts';
import { type CinderlibError, DatabaseUnavailable, InvalidOption, isCinderlibError } from '../errors/index.ts';
import { errnoOf, openFailure } from '../media/filesystem/failure.ts';
import { carry } from '../migrate/carry.ts';
import { closeAll } from '../migrate/close-all.ts';
import { openContext, openHeld, sourceOf, targetOf } from '../migrate/open.ts';
import { MISSING_TABLE, type NotCarried } from '../migrate/report.ts';
import type { Source } from '../migrate/source.ts';
import type { PersistenceDriver } from '../persistence/driver.ts';
import { builtin } from '../runtime.ts';
import { parseJson } from '../serialization/json-parser.ts';
import { jsonText, spaced } from '../serialization/json-text.ts';
import type { PersistenceConfig } from '../setup.ts';
import { isSqliteUrl, shownUrl, sqlitePath } from '../sql/url.ts';
import { maskSecrets } from './mask.ts';
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
    const bytes = await this.#fileContent(argument);
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
    const bytes = await this.#fileContent(argument);
    if (bytes !== null) return sourceIn(argument, bytes);
    const { persistence } = await this.opened(openHeld(storageConfig(argument)));
    return sourceOf(persistence);
  }

  /** Ensures that a storage is closed at the end, even if the command is stopped while it is being opened. */
  opened<O extends { close(): Promise<void> } | null>(opening: Promise<O>): Promise<O> {
    this.atEnd(async () => {
      // If opening fails, the caller gets the error.
      const opened = await opening.catch(() => null);
      await opened?.close();
    });
    return opening;
  }

  /** The content of a file that is not a database; null for anything else. */
  async #fileContent(argument: string): Promise<Uint8Array | null> {
    if (argument === '-') return unpacked(argument, await this.#terminal.input());
    if (!isPath(argument)) return null;
    const fs = builtin('node:fs');
    let bytes: Uint8Array | null;
    try {
      bytes = fs === undefined ? null : contentOf(fs, argument);
    } catch (cause) {
      throw unreadable(argument, cause);
    }
    return bytes === null ? null : unpacked(argument, bytes);
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

/** The content of a file that is not a database, as a source. */
function sourceIn(argument: string, bytes: Uint8Array): Source {
  return ofFile(argument, () => fileSource(bytes));
}

/** Names the file in errors. */
function ofFile<T>(argument: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (isCinderlibError(error)) error.item = argument === '-' ? 'standard input' : argument;
    throw error;
  }
}

/** @throws {InvalidOption} for a file that is not a database but can be converted to one */
export function refuseDump(argument: string): void {
  if (!isPath(argument) || !isDump(startOf(argument))) return;
  throw new InvalidOption(
    `${argument} is a dump, not a database. Convert it first: cinderlib convert ${argument} NEW.sqlite`,
  );
}

/** The beginning of a file; empty if it cannot be read, which opening it will report. */
function startOf(path: string): Uint8Array {
  const start = new Uint8Array(64);
  const fs = builtin('node:fs');
  try {
    if (fs?.statSync(path).isFile() !== true) return new Uint8Array();
    const file = fs.openSync(path, 'r');
    try {
      return start.subarray(0, fs.readSync(file, start, 0, start.length, 0));
    } finally {
      fs.closeSync(file);
    }
  } catch {
    return new Uint8Array();
  }
}

/** The content of a file; null for a SQLite database. A pipe has no offsets and can be read only once. */
function contentOf(fs: typeof import('node:fs'), path: string): Uint8Array | null {
  const file = fs.openSync(path, 'r');
  try {
    const start = new Uint8Array(16);
    let length = 0;
    for (let count = -1; count !== 0 && length < start.length; length += count) {
      count = fs.readSync(file, start, length, start.length - length, null);
    }
    if (isSqlite(start.subarray(0, length))) return null;
    if (fs.fstatSync(file).isFile()) return fs.readFileSync(path);
    const rest = fs.readFileSync(file);
    const bytes = new Uint8Array(length + rest.length);
    bytes.set(start.subarray(0, length));
    bytes.set(rest, length);
    return bytes;
  } finally {
    fs.closeSync(file);
  }
}

function unreadable(path: string, cause: unknown): CinderlibError {
  if (errnoOf(cause) !== 'ENOENT') return openFailure('read', path, cause);
  return new DatabaseUnavailable(`Cannot read ${path}: no such file.`, path, { cause });
}

/** Decompresses the content, since dumps are often compressed with gzip. */
function unpacked(argument: string, bytes: Uint8Array): Uint8Array {
  return isPacked(bytes) ? ofFile(argument, () => unpack(bytes)) : bytes;
}

const url = /^[a-z][\w+]*:\/\//i;

export function isPath(argument: string): boolean {
  return argument !== '-' && !url.test(argument) && !argument.startsWith('{');
}

/** The file that a path or SQLite URL refers to; null for anything else. */
export function fileOf(argument: string): string | null {
  if (isPath(argument)) return argument;
  return url.test(argument) && isSqliteUrl(argument) ? sqlitePath(argument) : null;
}

/** A mistyped URL: a database's name followed by `:` or `//`, or `…:…@` in anything that does not start like a path. */
const slip =
  /^\W*(?:sqlite|mysql|mariadb|postgres(?:ql)?|mssql|oracle)(?:\+\w*)?(?::|\/\/)|^(?!\.{0,2}\/(?!\/)).*:.*@/is;

/**
 * Returns the argument unchanged. A mistyped URL would otherwise be taken for a path, password included.
 *
 * @throws {InvalidOption} if it looks like a mistyped URL, and no file has that name
 */
export function storageArgument(argument: string): string {
  if (!isPath(argument) || !slip.test(argument) || builtin('node:fs')?.existsSync(argument)) return argument;
  throw new InvalidOption(
    `${shownUrl(argument)} looks like a mistyped database URL. URLs begin as in mysql://host or sqlite:///path; ` +
      'if it is the path of a file, write ./ before it.',
  );
}

/** The configuration that an argument stands for. A path is taken as that of a SQLite database. */
export function storageConfig(argument: string): PersistenceConfig {
  if (argument.startsWith('{')) return configOf(argument);
  if (!isPath(argument)) return { storage: 'db', connection: argument };
  if (!argument.includes('?')) return { storage: 'db', connection: `sqlite:///${argument}` };
  throw new InvalidOption(`A path cannot contain a question mark, which begins the options of a URL: ${argument}.`);
}

function configOf(text: string): PersistenceConfig {
  let config: unknown;
  try {
    config = JSON.parse(text);
  } catch {
    throw new InvalidOption(`The given persistence_config is not valid JSON: ${faultIn(text)}.`);
  }
  if (isDict(config)) return config;
  throw new InvalidOption('A persistence_config must be an object, such as {"storage": "db", "connection": "…"}.');
}

/** Where a text ceases to be JSON. It may contain a password, which the message of `JSON.parse` would show. */
function faultIn(text: string): string {
  try {
    parseJson(text);
    return 'it contains NaN or Infinity';
  } catch (error) {
    return isCinderlibError(error) ? error.message.replace(/\.$/, '') : String(error);
  }
}

/** The argument without passwords. */
export function shownArgument(argument: string): string {
  if (argument.startsWith('{')) return jsonText(maskSecrets(configOf(argument)), spaced);
  return isPath(argument) || argument === '-' ? argument : shownUrl(argument);
}
