/** Reads the rows of a `COPY … FROM stdin` as written by `pg_dump`: one line each, with tabs between values. */
import type { SqlScanner } from './sql-scanner.ts';

const escapes: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v' };
const escapeSequence = /\\(?:([0-7]{1,3})|x([0-9a-fA-F]{1,2})|([\s\S]))/g;

/** Reads the lines up to `\.`. The scanner must be positioned after the statement. */
export function copyRows(scanner: SqlScanner): (string | null)[][] {
  const { text } = scanner;
  const rows: (string | null)[][] = [];
  // Skip the rest of the statement's own line.
  scanner.position = nextLine(text, scanner.position);
  for (;;) {
    if (scanner.position >= text.length) scanner.fail('the rows of a COPY do not end');
    const next = nextLine(text, scanner.position);
    const line = text.slice(scanner.position, next).replace(/\r?\n$/, '');
    scanner.position = next;
    if (line === '\\.') return rows;
    rows.push(line.split('\t').map(copyValue));
  }
}

function nextLine(text: string, position: number): number {
  const end = text.indexOf('\n', position);
  return end < 0 ? text.length : end + 1;
}

function copyValue(field: string): string | null {
  if (field === '\\N') return null;
  return field.replace(escapeSequence, (_, octal?: string, hex?: string, character?: string) => {
    if (octal !== undefined) return String.fromCharCode(Number.parseInt(octal, 8));
    if (hex !== undefined) return String.fromCharCode(Number.parseInt(hex, 16));
    return escapes[character ?? ''] ?? character ?? '';
  });
}
