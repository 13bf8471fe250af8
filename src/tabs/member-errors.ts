/** The errors of members that do not get what they asked for. */
import { ContextClosed, DatabaseExists, DatabaseLocked } from '../errors/index.ts';
import type { CoreConfig } from '../rpc/contract.ts';

export function leaderSilent({ database }: CoreConfig): DatabaseLocked {
  return new DatabaseLocked(
    `The tab that has ${database} open does not respond: the browser has frozen it, or it is very busy. ` +
      'Switch to that tab or close it, and try again.',
  );
}

export function otherVersion({ database }: CoreConfig): DatabaseLocked {
  return new DatabaseLocked(
    `A tab with another version of this library has ${database} open. Reload that tab, or this one.`,
  );
}

export function databaseExists({ database }: CoreConfig): DatabaseExists {
  return new DatabaseExists(
    `The database ${database} already exists, and is open in this tab or another: "from" only creates new ones. ` +
      'Omit "from" to open it, or name another database.',
  );
}

export function databaseClosed(): ContextClosed {
  return new ContextClosed('The database was closed. Open it again with setup() or setPersistence().');
}
