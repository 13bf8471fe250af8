/**
 * Reads SQL as written by `pg_dump` and `mysqldump`: names, values, and the ends of statements.
 *
 * It is not a SQL parser. Unknown statements are skipped up to the semicolon; for that, it has to get quotes and
 * comments right.
 */
import { InvalidDump } from '../errors/index.ts';
import type { SqlValue } from '../rpc/contract.ts';

const blank = /\s+/y;
const lineComment = /--[^\n]*/y;
const hashComment = /#[^\n]*/y;
const word = /[A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*/y;
const number = /-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?/y;
const hexadecimal = /0x([0-9a-fA-F]*)/y;
const dollarQuote = /\$(?:[A-Za-z_]\w*)?\$/y;
const plainText = /[^'\\]+/y;

const escapes: Readonly<Record<string, string>> = {
  '0': '\0',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  Z: '\u001a',
};

export interface Dialect {
  /** Whether a backslash is an escape in ordinary strings. */
  readonly backslashes: boolean;
  readonly name: 'mysql' | 'postgresql';
}

export interface QualifiedName {
  /** The schema, or in MySQL the database. */
  readonly schema: string | null;
  readonly name: string;
}

export class SqlScanner {
  position = 0;
  readonly text: string;
  readonly dialect: Dialect;

  constructor(text: string, dialect: Dialect) {
    this.text = text;
    this.dialect = dialect;
  }

  get atEnd(): boolean {
    this.#skipBlanks();
    return this.position >= this.text.length;
  }

  /** Consumes the character if it is next. */
  take(character: string): boolean {
    this.#skipBlanks();
    if (this.text[this.position] !== character) return false;
    this.position++;
    return true;
  }

  expect(character: string, where: string): void {
    if (!this.take(character)) this.fail(`'${character}' was expected ${where}`);
  }

  /** Consumes a SQL keyword if it is next, in any case. */
  takeWord(wanted: string): boolean {
    this.#skipBlanks();
    const found = this.#match(word, false);
    if (found?.[0].toUpperCase() !== wanted) return false;
    this.position += found[0].length;
    return true;
  }

  /** A name, quoted or not; null if something else is next. */
  name(): string | null {
    this.#skipBlanks();
    const quote = this.text[this.position];
    if (quote === '"' || quote === '`') return this.#quotedName(quote);
    return this.#match(word)?.[0] ?? null;
  }

  /** A name such as `public.volumes`, with an optional qualifier. */
  qualifiedName(): QualifiedName | null {
    let name = this.name();
    let schema: string | null = null;
    while (name !== null && this.take('.')) [schema, name] = [name, this.name()];
    return name === null ? null : { schema, name };
  }

  /** Consumes and returns the rest of the line. */
  restOfLine(): string {
    const end = this.text.indexOf('\n', this.position);
    const rest = this.text.slice(this.position, end < 0 ? undefined : end);
    this.position += rest.length;
    return rest.trim();
  }

  /** A value in an INSERT. */
  value(): SqlValue {
    this.#skipBlanks();
    const character = this.text[this.position];
    if (character === "'") return this.#cast(this.#string(this.dialect.backslashes));
    const hex = this.#match(hexadecimal)?.[1];
    if (hex !== undefined) return textOfHex(hex);
    const digits = this.#match(number)?.[0];
    if (digits !== undefined) return this.#cast(numberOf(digits));
    const name = this.#match(word)?.[0] ?? this.fail('a value was expected');
    switch (name.toUpperCase()) {
      case 'NULL':
        return this.#cast(null);
      case 'TRUE':
        return true;
      case 'FALSE':
        return false;
    }
    // E'…' in PostgreSQL; X'…', N'…' and _utf8mb4'…' in MySQL.
    if (name.startsWith('_')) this.#skipBlanks();
    if (this.text[this.position] !== "'") return this.fail(`the value ${name} is unknown`);
    if (/^x$/i.test(name)) return textOfHex(this.#string(false));
    return this.#cast(this.#string(this.dialect.backslashes || /^e$/i.test(name)));
  }

  /** Skips the rest of the statement and its semicolon. */
  skipStatement(): void {
    for (;;) {
      this.#skipBlanks();
      const character = this.text[this.position];
      if (character === undefined) return;
      if (character === ';') {
        this.position++;
        return;
      }
      this.#skipToken(character);
    }
  }

  /** Skips everything between two DELIMITER lines: routines, whose statements do not insert rows when loaded. */
  skipRoutines(): void {
    if (this.restOfLine() === ';') return;
    const end = this.text.indexOf('\nDELIMITER ;', this.position);
    if (end < 0) this.fail('a DELIMITER is not reset');
    this.position = end + 1;
    this.restOfLine();
  }

  /** Skips to the end of the current list or the next comma in it, consumes that, and returns which it was. */
  skipInList(): ',' | ')' {
    for (let depth = 0; ; ) {
      this.#skipBlanks();
      const character = this.text[this.position] ?? this.fail('a parenthesis is not closed');
      if (depth === 0 && (character === ',' || character === ')')) {
        this.position++;
        return character;
      }
      if (character === '(') depth++;
      if (character === ')') depth--;
      this.#skipToken(character);
    }
  }

  fail(reason: string): never {
    const line = this.text.slice(0, this.position).split('\n').length;
    const end = this.position >= this.text.length ? ' The file ends there: is it complete?' : '';
    throw new InvalidDump(`The SQL text cannot be read: in line ${line} ${reason}.${end}`);
  }

  #skipToken(character: string): void {
    if (character === "'") this.#string(this.dialect.backslashes);
    else if (character === '"' || character === '`') this.#quotedName(character);
    else if (character === '$') this.#skipDollarQuote();
    else if (this.#match(word) === null) this.position++;
    // In PostgreSQL, E'…' has backslash escapes.
    else if (/e/i.test(this.text[this.position - 1] ?? '') && this.text[this.position] === "'") this.#string(true);
  }

  #skipDollarQuote(): void {
    const quote = this.#match(dollarQuote)?.[0];
    if (quote === undefined) {
      this.position++;
      return;
    }
    const end = this.text.indexOf(quote, this.position);
    if (end < 0) this.fail(`a string in ${quote} is not closed`);
    this.position = end + quote.length;
  }

  #skipBlanks(): void {
    for (;;) {
      if (this.#match(blank) !== null || this.#match(lineComment) !== null) continue;
      if (this.dialect.name === 'mysql' && this.#match(hashComment) !== null) continue;
      if (!this.text.startsWith('/*', this.position)) return;
      const end = this.text.indexOf('*/', this.position + 2);
      if (end < 0) this.fail('a comment is not closed');
      this.position = end + 2;
    }
  }

  #quotedName(quote: string): string {
    let name = '';
    for (let start = this.position + 1; ; ) {
      const end = this.text.indexOf(quote, start);
      if (end < 0) this.fail('a quoted name is not closed');
      name += this.text.slice(start, end);
      this.position = end + 1;
      // A doubled quote stands for one in the name.
      if (this.text[this.position] !== quote) return name;
      name += quote;
      start = this.position + 1;
    }
  }

  #string(backslashes: boolean): string {
    const parts: string[] = [];
    const start = this.position++;
    for (;;) {
      const plain = this.#match(plainText);
      if (plain !== null) parts.push(plain[0]);
      const character = this.text[this.position++];
      if (character === undefined) {
        this.position = start;
        this.fail('a string is not closed');
      }
      if (character === '\\') parts.push(backslashes ? this.#escape() : character);
      else if (this.text[this.position] === "'") {
        parts.push("'");
        this.position++;
      } else return parts.join('');
    }
  }

  #escape(): string {
    const character = this.text[this.position++] ?? '';
    return escapes[character] ?? character;
  }

  /** Skips a cast: PostgreSQL writes `'…'::character varying` for some types. */
  #cast<V>(value: V): V {
    if (!this.text.startsWith('::', this.position)) return value;
    this.position += 2;
    while (this.name() !== null);
    return value;
  }

  #match(pattern: RegExp, take = true): RegExpExecArray | null {
    pattern.lastIndex = this.position;
    const match = pattern.exec(this.text);
    if (match !== null && take) this.position = pattern.lastIndex;
    return match;
  }
}

function numberOf(digits: string): number | bigint {
  const value = Number(digits);
  return Number.isSafeInteger(value) || /[.e]/i.test(digits) ? value : BigInt(digits);
}

function textOfHex(digits: string): string {
  const bytes = Uint8Array.from(digits.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
  return new TextDecoder().decode(bytes);
}
