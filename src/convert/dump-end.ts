/** Whether the text of a dump has its end: one that was cut off between two statements looks whole otherwise. */
import { InvalidDump } from '../errors/index.ts';

interface Frame {
  /** What a program writes before everything else, as it always does when it writes the end. */
  readonly start: RegExp;
  /** What it writes behind everything else. */
  readonly end: RegExp;
}

const frames: readonly Frame[] = [
  { start: /^-- PostgreSQL database dump\s*$/m, end: /^-- PostgreSQL database dump complete\s*$/m },
  { start: /^-- PostgreSQL database cluster dump\s*$/m, end: /^-- PostgreSQL database cluster dump complete\s*$/m },
  { start: /^-- (?:MySQL|MariaDB) dump \d/m, end: /^-- Dump completed/m },
  // Without its comments mysqldump still keeps settings, and puts them back. So do other programs, one by IFNULL().
  { start: /^\/\*!40111 SET @OLD_SQL_NOTES=/m, end: /^\/\*!40111 SET SQL_NOTES=.*@OLD_SQL_NOTES/m },
  { start: /^\/\*M!\d+ SET @OLD_NOTE_VERBOSITY=/m, end: /^\/\*M!\d+ SET NOTE_VERBOSITY=.*@OLD_NOTE_VERBOSITY/m },
];

/** Where a dump begins: whatever stands further behind is what it holds. */
const beginning = 4096;

/** @throws {InvalidDump} when the end of what has begun is not there */
export function refuseCutOff(text: string): void {
  const first = text.slice(0, beginning);
  if (frames.every(({ start, end }) => !start.test(first) || end.test(text))) return;
  const lines = text.split('\n').length;
  throw new InvalidDump(
    `The SQL text ends in line ${lines}, without the words that the program which wrote it ends with: it was cut off, ` +
      'and what is missing cannot be told. Make the dump again.',
  );
}
