/** Checks the encoding that an SQL dump names: not every text that decodes as UTF-8 was written in it. */
import { InvalidDump } from '../errors/index.ts';

interface Program {
  /** Where it names the encoding. */
  readonly declaration: RegExp;
  /** Names of UTF-8, and of bytes as they are in the database. */
  readonly accepted: RegExp;
  /** What is wrong in any other encoding. */
  readonly suspect: RegExp;
  readonly option: string;
}

const programs: readonly Program[] = [
  {
    declaration: /^(?:\/\*!\d+ )?SET NAMES '?(\w+)/m,
    accepted: /^(?:utf8(?:mb[34])?|binary)$/i,
    // For a character that the encoding lacks, the server silently sends a question mark. So a dump made with
    // --compatible=ansi, which is in latin1, may have lost whole texts.
    suspect: /[?\u0080-\uffff]/,
    option: '--default-character-set=utf8mb4',
  },
  {
    declaration: /^SET client_encoding = '(\w+)'/m,
    accepted: /^(?:utf-?8|unicode|sql_ascii)$/i,
    suspect: /[\u0080-\uffff]/,
    option: '--encoding=UTF8',
  },
];

/** The characters in which to look for the name; anything further on is content. */
const beginning = 4096;

/** @throws {InvalidDump} if the dump names another encoding, and is more than plain ASCII */
export function refuseOtherEncoding(text: string): void {
  const first = text.slice(0, beginning);
  for (const { declaration, accepted, suspect, option } of programs) {
    const encoding = declaration.exec(first)?.[1];
    if (encoding === undefined || accepted.test(encoding) || !suspect.test(text)) continue;
    throw new InvalidDump(
      `The SQL text was written in ${encoding}, not in UTF-8: characters may be lost or read as others. ` +
        `Make the dump again with ${option}.`,
    );
  }
}
