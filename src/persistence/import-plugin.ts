/** Imports a plugin from the module that `storage` names. In a file of its own, since few programs need it. */
import { InvalidPersistence, isCinderlibError } from '../errors/index.ts';
import { didYouMean } from '../near-name.ts';
import { shown } from '../shown.ts';

/**
 * The default export of a module.
 *
 * @param known The names of the storages that the caller may have meant.
 * @throws InvalidPersistence when it cannot be imported.
 */
export async function importPlugin(specifier: string, known: readonly string[]): Promise<unknown> {
  try {
    // Bundlers must leave this import alone: the specifier is known only at run time.
    const module: { readonly default?: unknown } = await import(/* @vite-ignore */ /* webpackIgnore: true */ specifier);
    return module.default;
  } catch (error) {
    if (isCinderlibError(error)) throw error;
    const name = shownName(specifier);
    const isShown = name === specifier;
    // Of a name that is not to be shown, nothing is: reason and cause may repeat it. Deno adds an excerpt of the module.
    const reason = isShown ? `: ${error instanceof Error ? /^.*?(?=\.?$)/m.exec(error.message) : shown(error)}` : '';
    const hint = /^\.\.?\//.test(name)
      ? ` Give its full URL: import.meta.resolve('${name}').`
      : (databaseHint(name) ?? didYouMean(name, known));
    throw new InvalidPersistence(
      `Invalid persistence storage: ${name}. It is neither a known storage nor a module that can ` +
        `be imported${reason}.${hint} Known storages: ${known.join(', ')}.`,
      isShown ? { cause: error } : {},
    );
  }
}

/** A hint for a caller who named a kind of database instead of the storage. */
function databaseHint(name: string): string | null {
  const [scheme = ''] = /^(?:sqlite|mysql|mariadb|postgres(?:ql)?)(?=\d?$)/.exec(name.toLowerCase()) ?? [];
  if (scheme === '') return null;
  const url = scheme === 'sqlite' ? 'sqlite:///path' : `${scheme.replace(/s$/, 'sql')}://user@host/database`;
  return ` For such a database, use { storage: 'db', connection: '${url}' }.`;
}

/** The path or URL of a module, of a form that has no place for a password. */
const ofModule =
  /^(?:file:[^?#]*|(?:npm|jsr):[^:?#]*|https?:\/\/[^/@?#]+(?:\/[^?#]*)?|(?:\.{0,2}|[a-z]:)[\\/](?!\/)[^?#]*)$/i;

/** A storage's name for a message. The address of a database in its place may contain a password. */
export function shownName(name: string): string {
  return /:|.@|=/.test(name) && !ofModule.test(name)
    ? "a string that looks like the address of a database (for 'db', pass its URL as connection)"
    : name;
}
