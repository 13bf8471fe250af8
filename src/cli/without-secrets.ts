/** Removes secrets from texts to print: passwords from the arguments, and whatever looks like a secret. */
import { isCinderlibError } from '../errors/index.ts';
import { builtin } from '../runtime.ts';
import { shownUrl } from '../urls/database-url.ts';
import { maskText } from './mask.ts';
import { fileOf, shownArgument } from './storage-argument.ts';
import type { Terminal } from './terminal.ts';

type Given = Pick<Terminal, 'arguments'>;

/**
 * A text to print, without passwords from the arguments, whatever those were taken for.
 *
 * @param file the file that the text is about: if it begins with that name, as in `token: no such file`, the name is
 *   not the key of a secret
 */
export function withoutSecrets(text: string, { arguments: given }: Given, file: string | null = null): string {
  let shown = text;
  for (const argument of given) {
    for (const form of formsOf(argument)) {
      const hidden = form.startsWith('{') ? shownJson(form) : shownUrl(form);
      if (hidden !== form) shown = shown.replaceAll(form, () => hidden);
    }
  }
  const end = file === null ? 0 : endOfName(shown, file);
  return `${maskText(shown.slice(0, end))}${maskText(shown.slice(end))}`;
}

/** The file of the command line that an error is about; null for one about anything else. */
export function fileOfError(error: unknown, { arguments: given }: Given): string | null {
  if (!isCinderlibError(error)) return null;
  const files = new Set(given.flatMap(filesOf));
  const names = [error.item, 'path' in error ? error.path : undefined];
  // The item may be a part of the file, such as `cl.json: element 2 of the dump`.
  const isOf = (file: string): boolean => names.some((name) => name === file || String(name).startsWith(`${file}: `));
  return [...files].find(isOf) ?? null;
}

/** The file that an argument names, if any. */
function filesOf(argument: string): readonly string[] {
  try {
    const file = fileOf(argument);
    return file === null ? [] : formsOf(file);
  } catch {
    // A malformed URL.
    return [];
  }
}

/** A message may contain a path as given, or the absolute path. */
function formsOf(argument: string): readonly string[] {
  return [argument, builtin('node:path')?.resolve(argument) ?? argument];
}

/** Where a name ends that begins the text, alone or after `Cannot read` and the like; 0 if it does not begin with it. */
function endOfName(text: string, file: string): number {
  const [before = ''] = /^(?:Cannot [a-z]+ )?/.exec(text) ?? [];
  // With a quote or an equals sign in it, the name could be the beginning of a secret that ends after it.
  const isPlain = !/["'=]/.test(file);
  return isPlain && text.startsWith(`${file}: `, before.length) ? before.length + file.length : 0;
}

function shownJson(text: string): string {
  try {
    return shownArgument(text);
  } catch {
    return '{…}';
  }
}
