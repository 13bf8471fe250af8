/** Refuses initial content (`from`) that is no database before anything is made of it. */
import { NotADatabase } from '../errors/index.ts';
import { isSqlite, signature } from '../sqlite-header.ts';

/**
 * Returns the content unchanged.
 *
 * @param path that of the database that is to be created
 */
export function givenContent<C extends Uint8Array | null>(content: C, path = ':memory:'): C {
  const start = content?.subarray(0, signature.length);
  // Zeros are an empty database: a power cut during its first commit leaves them.
  if (start === undefined || isSqlite(start) || start.every((byte) => byte === 0)) return content;
  throw Object.assign(new NotADatabase(path), {
    message: `${path}: the content given as 'from' is no SQLite database. Nothing was created.`,
  });
}
