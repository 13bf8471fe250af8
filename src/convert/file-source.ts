/** What a file of any known kind holds, as a source of a migration. */
import { InvalidDump } from '../errors/index.ts';
import type { Source } from '../migrate/source.ts';
import { parseJson } from '../serialization/json-parser.ts';
import { decodeText } from './decode.ts';
import { dumpSource } from './dump-source.ts';
import { isKubernetes, kubectlSource } from './kubectl-source.ts';
import { sqlSource } from './sql-source.ts';

const sqliteHeader = 'SQLite format 3\0';

/** Whether a file that begins like this is a SQLite database. One that is empty can become one. */
export function isSqlite(start: Uint8Array): boolean {
  return start.length === 0 || ascii(start, sqliteHeader.length) === sqliteHeader;
}

/** Whether a file that begins like this is a dump, whole or not: packed, of PostgreSQL's own format, JSON or SQL. */
export function isDump(start: Uint8Array): boolean {
  if (isPacked(start) || ascii(start, 5) === 'PGDMP') return true;
  return /^\s*(?:[[{]|--|\/\*)/.test(ascii(start, start.length));
}

export function isPacked([first, second]: Uint8Array): boolean {
  return first === 0x1f && second === 0x8b;
}

/**
 * The source in a JSON dump, in what kubectl prints, or in the text of a `pg_dump` or `mysqldump`.
 *
 * @throws {InvalidDump | JSONDecodeError} when it is none of them, or not whole
 */
export function fileSource(bytes: Uint8Array): Source {
  if (ascii(bytes, 5) === 'PGDMP') {
    throw new InvalidDump(
      'This is a dump of PostgreSQL in its custom format. Make it text first: pg_restore -f dump.sql FILE.',
    );
  }
  if (bytes.length > 0 && isSqlite(bytes)) {
    throw new InvalidDump(
      'This is a SQLite database, which cannot be read from the standard input, nor out of a packed file. ' +
        'Put it into a file, unpacked, and name that.',
    );
  }
  const archive = archives.find(({ start, at }) => ascii(bytes.subarray(at), start.length) === start);
  if (archive !== undefined) throw new InvalidDump(archive.advice);
  const text = decodeText(bytes).trimStart();
  if (!/^[[{]/.test(text)) return sqlSource(text);
  const value = parseJson(text);
  return isKubernetes(value) ? kubectlSource(value) : dumpSource(value);
}

const packed = (by: string): string => `The file is packed by ${by}. Unpack it first, and name what is in it.`;

/** What holds dumps and is none, by what stands at its beginning: backups of oVirt are such. */
const archives: readonly { readonly start: string; readonly at: number; readonly advice: string }[] = [
  { start: 'BZh', at: 0, advice: packed('bzip2') },
  { start: '\xfd7zXZ\0', at: 0, advice: packed('xz') },
  { start: '\x28\xb5\x2f\xfd', at: 0, advice: packed('zstd') },
  { start: 'PK\x03\x04', at: 0, advice: packed('zip') },
  {
    start: 'ustar',
    at: 257,
    advice:
      'This is an archive of tar. Unpack it first, and name the dump that is in it; one that pg_dump made as an archive ' +
      'is made text: pg_restore -f dump.sql FILE.',
  },
];

function ascii(bytes: Uint8Array, length: number): string {
  return String.fromCharCode(...bytes.subarray(0, length));
}
