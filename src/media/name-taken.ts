/** The error for a database beside which another one has the name of a journal or log: SQLite would overwrite or remove it. */
import { DatabaseUnavailable } from '../errors/index.ts';
import type { FileKind } from './medium.ts';

export function nameTaken(path: string, kind: FileKind): DatabaseUnavailable {
  return new DatabaseUnavailable(
    `Cannot open ${path}: ${path}${kind} is another database, which SQLite would take for part of this one, and remove. ` +
      'Rename one of the two.',
    path,
  );
}
