/**
 * The lines that programs write around their dumps. They tell whose dump it is, and whether it is complete: one that was
 * cut off between two statements would otherwise look intact.
 */
import { InvalidDump } from '../errors/index.ts';
import type { Dialect } from './sql-scanner.ts';

interface Frame {
  readonly dialect: Dialect['name'];
  /** What a program writes at the beginning whenever it also writes `end`. */
  readonly start: RegExp;
  /** What it writes at the very end. */
  readonly end: RegExp;
}

const frames: readonly Frame[] = [
  {
    dialect: 'postgresql',
    start: /^-- PostgreSQL database dump\s*$/m,
    end: /^-- PostgreSQL database dump complete\s*$/m,
  },
  {
    dialect: 'postgresql',
    start: /^-- PostgreSQL database cluster dump\s*$/m,
    end: /^-- PostgreSQL database cluster dump complete\s*$/m,
  },
  { dialect: 'mysql', start: /^-- (?:MySQL|MariaDB) dump \d/m, end: /^-- Dump completed/m },
  // Without comments, mysqldump still saves and restores settings. So do other programs, one of them with IFNULL().
  { dialect: 'mysql', start: /^\/\*!40111 SET @OLD_SQL_NOTES=/m, end: /^\/\*!40111 SET SQL_NOTES=.*@OLD_SQL_NOTES/m },
  {
    dialect: 'mysql',
    start: /^\/\*M!\d+ SET @OLD_NOTE_VERBOSITY=/m,
    end: /^\/\*M!\d+ SET NOTE_VERBOSITY=.*@OLD_NOTE_VERBOSITY/m,
  },
];

/** The characters in which to look for the start; anything further on is content. */
const beginning = 4096;

/** Whose dump a text is by the first line that only one program writes; undefined if there is none. */
export function programOf(text: string): Dialect['name'] | undefined {
  const first = text.slice(0, beginning);
  const found = frames.flatMap(({ dialect, start }) => {
    const at = first.search(start);
    return at < 0 ? [] : [{ dialect, at }];
  });
  return found.sort((one, other) => one.at - other.at)[0]?.dialect;
}

/** @throws {InvalidDump} if the dump has a known start but not the matching end */
export function refuseCutOff(text: string): void {
  const first = text.slice(0, beginning);
  if (frames.every(({ start, end }) => !start.test(first) || end.test(text))) return;
  const lines = text.split('\n').length;
  throw new InvalidDump(
    `The SQL text ends in line ${lines} without its program's end marker: it was truncated, and it is unknown what is ` +
      'missing. Make the dump again.',
  );
}
