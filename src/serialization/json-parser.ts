/**
 * Python's `json.loads`: accepts and rejects the same texts, with the same messages.
 *
 * `JSON.parse` would lose what a dump must keep: integers beyond 2^53, the difference between 1 and 1.0,
 * the order of keys that look like numbers, and NaN and Infinity, which Python writes.
 */
import { type Dict, dict } from '../cinder/dict.ts';
import { PythonFloat } from '../cinder/python-float.ts';
import { integerOf } from '../cinder/python-int.ts';
import { maximumDepth } from '../cinder/tree.ts';
import { InvalidDump, JSONDecodeError } from '../errors/index.ts';

/** Parses JSON text like Python. */
export function parseJson(text: string): unknown {
  return parsed(text, (parser) => parser.value(0));
}

/** Parses the text of a file, a list or an object. If it was cut off, the error says so, after Python's message. */
export function parseWholeJson(text: string): unknown {
  return parsed(text, (parser) => {
    try {
      return parser.value(0);
    } catch (error) {
      // Without a closing bracket from here on, the text cannot end here, whatever else is wrong with it.
      if (!(error instanceof JSONDecodeError) || /[\]}]/.test(text.slice(parser.position))) throw error;
      throw new JSONDecodeError(`${error.message}. The text ends too early: it was truncated.`, { cause: error });
    }
  });
}

function parsed(text: string, read: (parser: Parser) => unknown): unknown {
  if (text.startsWith('\ufeff')) fail('Unexpected UTF-8 BOM (decode using utf-8-sig)', text, 0);
  const parser = new Parser(text);
  parser.skipBlanks();
  const value = read(parser);
  parser.skipBlanks();
  if (parser.position < text.length) fail('Extra data', text, parser.position);
  return value;
}

function fail(message: string, text: string, position: number): never {
  let [line, column, characters] = [1, 1, 0];
  // One by one: an array of the characters of a large dump would not fit into memory.
  for (let at = 0; at < position; characters++) {
    const isPair = (text.codePointAt(at) ?? 0) > 0xffff && at + 1 < position;
    if (text[at] === '\n') [line, column] = [line + 1, 1];
    else column++;
    at += isPair ? 2 : 1;
  }
  throw new JSONDecodeError(`${message}: line ${line} column ${column} (char ${characters})`);
}

const number = /-?(?:0|[1-9]\d*)(\.\d+)?([eE][-+]?\d+)?/y;
const constants: readonly (readonly [string, unknown])[] = [
  ['null', null],
  ['true', true],
  ['false', false],
  ['NaN', Number.NaN],
  ['Infinity', Number.POSITIVE_INFINITY],
  ['-Infinity', Number.NEGATIVE_INFINITY],
];
const escapes: Readonly<Record<string, string>> = {
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
};

class Parser {
  position = 0;
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  skipBlanks(): void {
    for (;;) {
      const code = this.#text.charCodeAt(this.position);
      if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return;
      this.position++;
    }
  }

  value(depth: number): unknown {
    switch (this.#text[this.position]) {
      case '"':
        return this.#string();
      case '{':
        return this.#object(depth);
      case '[':
        return this.#array(depth);
      default:
        return this.#scalar();
    }
  }

  #object(depth: number): Dict {
    refuseDepth(depth);
    const entries: [string, unknown][] = [];
    this.position++;
    this.skipBlanks();
    if (this.#take('}')) return {};
    do {
      this.skipBlanks();
      if (this.#text[this.position] !== '"') this.#expected('Expecting property name enclosed in double quotes');
      const key = this.#string();
      this.skipBlanks();
      if (!this.#take(':')) this.#expected("Expecting ':' delimiter");
      this.skipBlanks();
      entries.push([key, this.value(depth + 1)]);
      this.skipBlanks();
    } while (this.#take(','));
    if (!this.#take('}')) this.#expected("Expecting ',' delimiter");
    return dict(entries);
  }

  #array(depth: number): unknown[] {
    refuseDepth(depth);
    const items: unknown[] = [];
    this.position++;
    this.skipBlanks();
    if (this.#take(']')) return items;
    do {
      this.skipBlanks();
      items.push(this.value(depth + 1));
      this.skipBlanks();
    } while (this.#take(','));
    if (!this.#take(']')) this.#expected("Expecting ',' delimiter");
    return items;
  }

  #string(): string {
    const start = this.position++;
    let result = '';
    let segment = this.position;
    for (;;) {
      const code = this.#text.charCodeAt(this.position);
      if (Number.isNaN(code)) fail('Unterminated string starting at', this.#text, start);
      if (code === 0x22) break;
      if (code < 0x20) this.#expected('Invalid control character at');
      if (code === 0x5c) {
        result += this.#text.slice(segment, this.position) + this.#escape(start);
        segment = this.position;
      } else this.position++;
    }
    return result + this.#text.slice(segment, this.position++);
  }

  #escape(start: number): string {
    const kind = this.#text[this.position + 1];
    if (kind === undefined) fail('Unterminated string starting at', this.#text, start);
    if (kind !== 'u') {
      const character = escapes[kind];
      if (character === undefined) this.#expected('Invalid \\escape');
      this.position += 2;
      return character;
    }
    const digits = this.#text.slice(this.position + 2, this.position + 6);
    if (!/^[0-9a-fA-F]{4}$/.test(digits)) fail('Invalid \\uXXXX escape', this.#text, this.position + 1);
    this.position += 6;
    return String.fromCharCode(Number.parseInt(digits, 16));
  }

  #scalar(): unknown {
    for (const [word, value] of constants) {
      if (this.#text.startsWith(word, this.position)) {
        this.position += word.length;
        return value;
      }
    }
    number.lastIndex = this.position;
    const match = number.exec(this.#text);
    if (match === null) this.#expected('Expecting value');
    this.position = number.lastIndex;
    const isInteger = match[1] === undefined && match[2] === undefined;
    return isInteger ? integerOf(match[0]) : float(Number(match[0]));
  }

  #take(character: string): boolean {
    if (this.#text[this.position] !== character) return false;
    this.position++;
    return true;
  }

  #expected(message: string): never {
    fail(message, this.#text, this.position);
  }
}

/** Only lists and objects count as levels, as in writing, so that everything written can be read again. */
export function refuseDepth(depth: number): void {
  if (depth > maximumDepth) throw new InvalidDump(`JSON nested deeper than ${maximumDepth} levels.`);
}

/** Wraps a float that JavaScript could not tell from an integer. */
function float(value: number): number | PythonFloat {
  return Number.isSafeInteger(value) ? new PythonFloat(value) : value;
}
