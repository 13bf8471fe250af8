/** A file of any known format as the source of a migration. */
import { InvalidDump } from '../errors/index.ts';
import type { Source } from '../migrate/source.ts';
import { parseWholeJson } from '../serialization/json-parser.ts';
import { isSqlite } from '../sqlite-header.ts';
import { decodeText } from './decode.ts';
import { dumpSource } from './dump-source.ts';
import { isKubernetes, kubectlSource } from './kubectl-source.ts';
import { sqlSource } from './sql-source.ts';

/** Whether a file that begins like this is a dump: gzip, PostgreSQL's custom format, JSON or SQL. */
export function isDump(start: Uint8Array): boolean {
  if (isPacked(start) || ascii(start, 5) === 'PGDMP') return true;
  return /^\s*(?:[[{]|--|\/\*)/.test(ascii(start, start.length));
}

export function isPacked([first, second]: Uint8Array): boolean {
  return first === 0x1f && second === 0x8b;
}

/**
 * Reads a JSON dump, the output of kubectl, or the text of a `pg_dump` or `mysqldump` as a source.
 *
 * @throws {InvalidDump | JSONDecodeError} if it is none of these, or incomplete
 */
export function fileSource(bytes: Uint8Array): Source {
  if (ascii(bytes, 5) === 'PGDMP') {
    throw new InvalidDump(
      'This is a PostgreSQL dump in the custom format. Convert it to text first: pg_restore -f dump.sql FILE.',
    );
  }
  if (bytes.length > 0 && isSqlite(bytes)) {
    throw new InvalidDump(
      'This is a SQLite database, which cannot be read from standard input or from a compressed file. ' +
        'Save it uncompressed, and name that file.',
    );
  }
  const archive = archives.find(({ start, at }) => ascii(bytes.subarray(at), start.length) === start);
  if (archive !== undefined) throw new InvalidDump(archive.advice);
  const text = decodeText(bytes).trimStart();
  if (!/^[[{]/.test(text)) return sqlSource(text);
  const value = parseWholeJson(text);
  return isKubernetes(value) ? kubectlSource(value) : dumpSource(value);
}

const packed = (by: string): string => `The file is compressed with ${by}. Decompress it first, and name the result.`;

/** Formats that may contain a dump but are not one, by their magic bytes: oVirt backups, for instance. */
const archives: readonly { readonly start: string; readonly at: number; readonly advice: string }[] = [
  { start: 'BZh', at: 0, advice: packed('bzip2') },
  { start: '\xfd7zXZ\0', at: 0, advice: packed('xz') },
  { start: '\x28\xb5\x2f\xfd', at: 0, advice: packed('zstd') },
  { start: 'PK\x03\x04', at: 0, advice: packed('zip') },
  {
    start: 'ustar',
    at: 257,
    advice:
      'This is a tar archive. Extract it first, and name the dump in it; if pg_dump made the archive, convert it to text: ' +
      'pg_restore -f dump.sql FILE.',
  },
];

function ascii(bytes: Uint8Array, length: number): string {
  return String.fromCharCode(...bytes.subarray(0, length));
}
