/**
 * Formats a caller's values for messages. A misplaced value may be anything, even a password, so only short, harmless
 * values are shown. Nothing here throws, whatever the value.
 */

/** Longer strings are described by their length. */
const longestShown = 40;
/** A long run of mixed letters and digits, as in keys and tokens, or a possible URL, which may contain a password. */
const secretLike = /(?=[\w+/=]*\d)(?=[\w+/=]*[a-z])[\w+/=]{12,}|:\/\/|@/i;

/** A string in quotes, as made by `quote`, or a description of it. */
export function shownText(text: string, quote: (text: string) => string = (plain) => `'${plain}'`): string {
  if (text.length > longestShown) return `a string of ${text.length} characters`;
  return secretLike.test(text) ? 'a string that may be a secret' : quote(text);
}

/** A text without quotes, such as the name of an option, or a description of it: it may be a misplaced value. */
export function shownPlain(text: string): string {
  return shownText(text, (plain) => plain);
}

/** A short, harmless value itself, a class by its name, anything else by its kind. */
export function shown(value: unknown): string {
  if (typeof value === 'string') return value === '' ? 'an empty string' : shownText(value);
  if (typeof value === 'function') return nameOf(value) || 'a function';
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : kindOf(value);
}

/** The kind of a value, with an article, without its content. */
export function kindOf(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (isList(value)) return 'a list';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

/** The name of a class or function; empty for a proxy that throws. */
function nameOf(value: object): string {
  try {
    const name: unknown = Reflect.get(value, 'name');
    return typeof name === 'string' ? name : '';
  } catch {
    return '';
  }
}

/** Like `Array.isArray`, which throws for a revoked proxy. */
function isList(value: unknown): boolean {
  try {
    return Array.isArray(value);
  } catch {
    return false;
  }
}
