/** What an argument of the command line names: a database URL, the path of a file, or a `persistence_config` as JSON. */
import { isDict } from '../cinder/dict.ts';
import { InvalidOption, isCinderlibError } from '../errors/index.ts';
import { isInMemory } from '../migrate/open.ts';
import type { PersistenceConfig } from '../persistence/config.ts';
import { builtin } from '../runtime.ts';
import { parseJson } from '../serialization/json-parser.ts';
import { jsonText, spaced } from '../serialization/json-text.ts';
import { isSqliteUrl, shownUrl, sqlitePath } from '../urls/database-url.ts';
import { maskSecrets } from './mask.ts';

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

/**
 * The configuration of a storage that a command is to write to.
 *
 * @throws {InvalidOption} if that is in memory, and would be gone when the program ends, or standard output
 */
export function targetConfig(argument: string): PersistenceConfig {
  if (argument === '-') {
    throw new InvalidOption(
      'This command writes to databases alone. For JSON on standard output: cinderlib convert FROM -',
    );
  }
  const config = storageConfig(argument);
  const { storage = 'memory', connection } = config;
  if (!(storage === 'db' ? isInMemory(connection) : inMemory.has(storage))) return config;
  throw new InvalidOption(
    `${shownArgument(argument)} is a storage in memory: what is copied there is gone when the program ends. ` +
      'Name a file or a database.',
  );
}

const inMemory = new Set<unknown>(['memory', 'memory_db']);

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
