/** What a command line names: a database URL, the path of a file, or a `persistence_config` as JSON. */
import { isDict } from '../cinder/dict.ts';
import type { Cinderlib } from '../cinderlib.ts';
import { unpack } from '../convert/decode.ts';
import { fileSource, isDump, isPacked, isSqlite } from '../convert/file-source.ts';
import { type CinderlibError, DatabaseUnavailable, InvalidOption, isCinderlibError } from '../errors/index.ts';
import { errnoOf, openFailure } from '../media/failure.ts';
import { carry } from '../migrate/carry.ts';
import { closeAll } from '../migrate/close-all.ts';
import { openContext, openForReading, sourceOf, targetOf } from '../migrate/open.ts';
import type { NotCarried } from '../migrate/report.ts';
import type { Source } from '../migrate/source.ts';
import type { PersistenceDriver } from '../persistence/driver.ts';
import { builtin } from '../runtime.ts';
import { jsonText, spaced } from '../serialization/json-text.ts';
import type { PersistenceConfig } from '../setup.ts';
import { isSqliteUrl, shownUrl, sqlitePath } from '../sql/url.ts';
import { maskSecrets, maskText } from './mask.ts';
import type { Terminal } from './terminal.ts';

/** A storage that is only read. */
export interface LookedAt {
  readonly storage: PersistenceDriver;
  readonly context: Cinderlib;
  /** What is there that none of its objects shows. */
  leftOut(): Promise<readonly NotCarried[]>;
  /** Objects of a file that cannot be shown, as they could out of a database. */
  readonly hidden: readonly NotCarried[];
}

/** What `ls` lists of objects, as reports call them. */
const shownKinds = new Set(['volume', 'snapshot', 'connection']);

/** Something that was opened for a command, to be closed when it ends, however it ends. */
export class Storages {
  readonly #terminal: Terminal;
  readonly #open = new Set<() => Promise<void> | void>();
  #closing: Promise<void> = Promise.resolve();

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  /** What is to be done when the command ends or is stopped. */
  atEnd(task: () => Promise<void> | void): void {
    this.#open.add(task);
  }

  /** Does it all, whatever of it fails. Whoever comes while it is being done waits for the end of it. */
  close(): Promise<void> {
    const before = this.#closing;
    const tasks = [...this.#open].reverse();
    this.#open.clear();
    this.#closing = closeAll([() => before, ...tasks]);
    return this.#closing;
  }

  /** A storage to look at; the content of a file that is no database is looked at in memory. */
  async lookAt(argument: string): Promise<LookedAt> {
    const bytes = await this.#fileContent(argument);
    if (bytes === null) {
      const { persistence, context } = await this.opened(openForReading(storageConfig(argument)));
      return { storage: persistence, context, leftOut: () => sourceOf(persistence).leftOut(), hidden: [] };
    }
    const { persistence, context } = await this.opened(openContext({ storage: 'memory' }));
    const options = { dry_run: false, verify: false, key_values: true, on_progress: () => {} };
    const { not_carried } = await carry(sourceIn(argument, bytes), targetOf(persistence, context), options);
    const hidden = not_carried.filter(({ kind, field }) => field === null && shownKinds.has(kind));
    return { storage: persistence, context, leftOut: async () => not_carried, hidden };
  }

  /** A storage or a file to read all of. */
  async source(argument: string): Promise<Source> {
    const bytes = await this.#fileContent(argument);
    if (bytes !== null) return sourceIn(argument, bytes);
    const { persistence } = await this.opened(openForReading(storageConfig(argument)));
    return sourceOf(persistence);
  }

  /** What is being opened is closed at the end, also when the command is stopped before it is open. */
  opened<O extends { close(): Promise<void> } | null>(opening: Promise<O>): Promise<O> {
    this.atEnd(async () => {
      // Why it could not be opened is told to who waits for it.
      const opened = await opening.catch(() => null);
      await opened?.close();
    });
    return opening;
  }

  /** The content of a file that is no database; null for everything else. */
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

/** What a file holds that is no database. */
function sourceIn(argument: string, bytes: Uint8Array): Source {
  return ofFile(argument, () => fileSource(bytes));
}

/** Errors say which file it is. */
function ofFile<T>(argument: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (isCinderlibError(error)) error.item = argument === '-' ? 'the standard input' : argument;
    throw error;
  }
}

/** @throws {InvalidOption} for a file that is no database and can be made one */
export function refuseDump(argument: string): void {
  if (!isPath(argument) || !isDump(startOf(argument))) return;
  throw new InvalidOption(
    `${argument} is a dump, and no database. Make one of it, and name that: cinderlib convert ${argument} NEW.sqlite`,
  );
}

/** Nothing of what cannot be read: whoever opens it says why. */
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

/** What a file holds, unless that is a SQLite database. It may be a pipe, which has no places and is read once. */
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
  return new DatabaseUnavailable(`Cannot read ${path}: there is no such file.`, path, { cause });
}

/** Dumps are often kept packed by gzip. */
function unpacked(argument: string, bytes: Uint8Array): Uint8Array {
  return isPacked(bytes) ? ofFile(argument, () => unpack(bytes)) : bytes;
}

const url = /^[a-z][\w+]*:\/\//i;

export function isPath(argument: string): boolean {
  return argument !== '-' && !url.test(argument) && !argument.startsWith('{');
}

/** The file that a path or a URL of SQLite means; null for everything else. */
export function fileOf(argument: string): string | null {
  if (isPath(argument)) return argument;
  return url.test(argument) && isSqliteUrl(argument) ? sqlitePath(argument) : null;
}

/** A database and what joins it to an address; or what comes before an address, in what does not begin as a path does. */
const slip =
  /^\W*(?:sqlite|mysql|mariadb|postgres(?:ql)?|mssql|oracle)(?:\+\w*)?(?::|\/\/)|^(?!\.{0,2}\/(?!\/)).*:.*@/is;

/**
 * An argument as it was given. A URL with a slip would be taken for a path, and its password for a part of one.
 *
 * @throws {InvalidOption} when it looks like such a URL, and there is no file of that name
 */
export function storageArgument(argument: string): string {
  if (argument === '') throw new InvalidOption('The name of a storage is empty. Name a file, a database URL or -.');
  if (!isPath(argument) || !slip.test(argument) || builtin('node:fs')?.existsSync(argument)) return argument;
  throw new InvalidOption(
    `${shownUrl(argument)} looks like a database URL with a slip. One begins as in mysql://host or sqlite:///path; ` +
      'write ./ before it if it is the path of a file.',
  );
}

/** A text to be printed, without the passwords that arguments may hold, whatever they were taken for. */
export function withoutSecrets(text: string, { arguments: given }: Pick<Terminal, 'arguments'>): string {
  let shown = text;
  for (const argument of given) {
    // A path may be told as it was given, or from the root.
    for (const form of [argument, builtin('node:path')?.resolve(argument) ?? argument]) {
      const hidden = form.startsWith('{') ? shownJson(form) : shownUrl(form);
      if (hidden !== form) shown = shown.replaceAll(form, () => hidden);
    }
  }
  return maskText(shown);
}

function shownJson(text: string): string {
  try {
    return shownArgument(text);
  } catch {
    return '{…}';
  }
}

/** The configuration that an argument means. A path is that of a SQLite database. */
export function storageConfig(argument: string): PersistenceConfig {
  if (argument.startsWith('{')) return configOf(argument);
  if (!isPath(argument)) return { storage: 'db', connection: argument };
  if (!argument.includes('?')) return { storage: 'db', connection: `sqlite:///${argument}` };
  throw new InvalidOption(`A path cannot hold a question mark, which begins the options of a URL: ${argument}.`);
}

function configOf(text: string): PersistenceConfig {
  let config: unknown;
  try {
    config = JSON.parse(text);
  } catch {
    // The text may hold a password, and the message of the parser would show it.
    throw new InvalidOption('The configuration of a storage that was given is no JSON.');
  }
  if (isDict(config)) return config;
  throw new InvalidOption('The configuration of a storage is an object, such as {"storage": "db", "connection": "…"}.');
}

/** The argument without passwords. */
export function shownArgument(argument: string): string {
  if (argument.startsWith('{')) return jsonText(maskSecrets(configOf(argument)), spaced);
  return isPath(argument) || argument === '-' ? argument : shownUrl(argument);
}
