/** Checks the options that every backend needs, before they are used. */
import { objectArgument, readArgument } from '../arguments.ts';
import type { Dict } from '../cinder/dict.ts';
import { copyTree } from '../cinder/tree.ts';
import { InvalidOption } from '../errors/index.ts';
import { shown, shownText } from '../shown.ts';
import type { BackendOptions } from './backend.ts';

/** Returns a deep copy of the options, since the caller may go on to change the object. */
export function checkBackendOptions(options: BackendOptions): BackendOptions {
  const expected = 'cl.backend() takes an object with options';
  // The copy of a dict is a dict.
  const given = readArgument(expected, options, () => copyTree(objectArgument(expected, options))) as Dict;
  checkBackendName(neededText(given, 'volume_backend_name'));
  neededText(given, 'volume_driver');
  // Both names have been checked to be strings.
  return given as BackendOptions;
}

function neededText(options: Readonly<Record<string, unknown>>, name: string): string {
  const value = options[name];
  if (typeof value === 'string' && value !== '') return value;
  throw new InvalidOption(`A backend needs the option ${name}, a non-empty string, not ${shown(value)}.`);
}

/** The name becomes part of `host` values, `machine@backend#pool`, and must be extractable from them. */
function checkBackendName(name: string): void {
  if (!/[@#]/.test(name)) return;
  // `host@backend` is shown: only with a colon before the @ could it contain a password.
  const given = shownText(name.replace(/^([\w.-]*)@/, '$1-'), () => `'${name}'`);
  throw new InvalidOption(
    `A backend's name cannot contain @ or #, which separate it from host and pool; it was ${given}.`,
  );
}
