/** Starts a keeper of SQLite's own lock: the runtime's SQLite, or else the `sqlite3` program. */
import { openFailure } from '../filesystem/failure.ts';
import { Keeper } from './keeper.ts';
import { ConnectionRunner } from './keeper-connection.ts';
import { ProgramRunner } from './keeper-program.ts';

/** Null where none can run. */
export type StartKeeper = (path: string) => Promise<Keeper | null>;

/** Null where there is neither. */
export async function startKeeper(path: string): Promise<Keeper | null> {
  const runner = connect(path) ?? (await ProgramRunner.start(path));
  return runner === null ? null : new Keeper(runner, path);
}

function connect(path: string): ConnectionRunner | null {
  try {
    return ConnectionRunner.start(path);
  } catch (error) {
    throw openFailure('lock', path, error);
  }
}
