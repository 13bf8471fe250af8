/**
 * How what a caller gave appears in a message. A value in the wrong place may be anything, a password too:
 * only what is short and ordinary is shown. Whatever the value is, nothing here throws.
 */

/** Longer texts are told by their length: nobody needs all of one to find it again. */
const longestShown = 40;
/** A run of letters and digits mixed, as keys and tokens are, or what may be a URL with a password in it. */
const secretLike = /(?=[\w+/=]*\d)(?=[\w+/=]*[a-z])[\w+/=]{12,}|:\/\/|@/i;

/** A text in quotes, or what can be said of it; `quote` says how it is quoted. */
export function shownText(text: string, quote: (text: string) => string = (plain) => `'${plain}'`): string {
  if (text.length > longestShown) return `a text of ${text.length} characters`;
  return secretLike.test(text) ? 'a text that may be a secret' : quote(text);
}

/** A value: itself where it is short and harmless, a class by its name, else what kind of value it is. */
export function shown(value: unknown): string {
  if (typeof value === 'string') return value === '' ? 'an empty text' : shownText(value);
  if (typeof value === 'function') return nameOf(value) || 'a function';
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : kindOf(value);
}

/** What kind of value it is, with its article, and nothing of what it holds. */
export function kindOf(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (isList(value)) return 'a list';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

/** The name of a class or function; empty for a proxy that does not give it. */
function nameOf(value: object): string {
  try {
    const name: unknown = Reflect.get(value, 'name');
    return typeof name === 'string' ? name : '';
  } catch {
    return '';
  }
}

/** `Array.isArray` throws for a proxy that has been revoked. */
function isList(value: unknown): boolean {
  try {
    return Array.isArray(value);
  } catch {
    return false;
  }
}
