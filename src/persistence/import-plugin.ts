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

/**
 * A storage's name for a message. A URL or data source name in its place may contain a password, unless it is the URL of
 * a module.
 */
export function shownName(name: string): string {
  return /:|.@|=/.test(name) && !/^(?:(?:file|npm|jsr):|https?:[^@?]*$)/.test(name)
    ? "a string that looks like a URL (for 'db', pass it as connection)"
    : name;
}
