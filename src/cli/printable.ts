/** Makes text safe for one line of a terminal: escapes characters that would move the cursor or change direction. */

/** Control characters, line and paragraph separators, directional marks, and lone surrogates. */
const unprintable =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not reach a terminal.
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;
const short: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** For programs: escapes backslashes too, so that the text can be decoded unambiguously. */
export function escaped(value: unknown): string {
  return printable(String(value ?? '').replaceAll('\\', '\\\\'));
}

export function printable(value: unknown): string {
  if (value === null || value === undefined) return '';
  return String(value).replace(unprintable, (unit) => {
    return short[unit] ?? `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}
