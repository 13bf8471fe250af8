/** Texts as they can be shown on one line of a terminal: what would move the cursor or turn the line is spelt out. */

/** Control characters, line and paragraph separators, marks of direction, and halves of surrogate pairs. */
const unprintable =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not reach a terminal.
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;
const short: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** For programs: what is spelt out is told from what only looks like it. */
export function spelt(value: unknown): string {
  return printable(String(value ?? '').replaceAll('\\', '\\\\'));
}

export function printable(value: unknown): string {
  if (value === null || value === undefined) return '';
  return String(value).replace(unprintable, (unit) => {
    return short[unit] ?? `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}
