/** The options that every backend needs: checked before anything is made of them. */
import type { Dict } from '../cinder/dict.ts';
import { copyTree } from '../cinder/tree.ts';
import { InvalidOption } from '../errors/index.ts';
import { givenObject, readable } from '../given.ts';
import { shown } from '../shown.ts';
import type { BackendOptions } from './backend.ts';

/** The options, as they are now: whoever gave them may go on to change what is inside. */
export function checkBackendOptions(options: BackendOptions): BackendOptions {
  const expected = 'cl.backend() takes an object with options';
  // The copy of a dictionary is one.
  const given = readable(expected, options, () => copyTree(givenObject(expected, options))) as Dict;
  checkBackendName(neededText(given, 'volume_backend_name'));
  neededText(given, 'volume_driver');
  // Both names were seen to be texts.
  return given as BackendOptions;
}

function neededText(options: Readonly<Record<string, unknown>>, name: string): string {
  const value = options[name];
  if (typeof value === 'string' && value !== '') return value;
  throw new InvalidOption(`A backend needs the option ${name}, a text; it was ${shown(value)}.`);
}

/** The name becomes part of hosts, `machine@backend#pool`, and must be found in them again. */
function checkBackendName(name: string): void {
  if (!/[@#]/.test(name)) return;
  throw new InvalidOption(
    `A backend's name cannot hold @ or #, which separate it from machine and pool; it was ${shown(name)}.`,
  );
}
