/** Opens SQLite engines on a file, with each way of keeping native programs off it. */
import fs from 'node:fs';
import path from 'node:path';
import { FileGuard } from '../../src/media/filesystem/file-guard.ts';
import { FilesystemMedium } from '../../src/media/filesystem/filesystem.ts';
import { Keeper } from '../../src/media/locks/keeper.ts';
import { ConnectionRunner } from '../../src/media/locks/keeper-connection.ts';
import { ProgramRunner } from '../../src/media/locks/keeper-program.ts';
import type { StartKeeper } from '../../src/media/locks/start-keeper.ts';
import { openSqliteOn, type SqliteEngine } from '../../src/sql/engines/sqlite/sqlite.ts';
import type { SqliteInstance } from '../../src/vfs/sqlite-instance.ts';
import { startSqlite } from '../../src/vfs/start-sqlite.ts';

type FileSystem = typeof fs;

export interface Opening {
  readonly keeper?: StartKeeper;
  readonly busyTimeout?: number;
  readonly fs?: FileSystem;
  readonly engine?: Promise<SqliteInstance>;
}

/** Opens a database; without a keeper, nothing holds a native lock. */
export async function openGuarded(database: string, opening: Opening = {}): Promise<SqliteEngine> {
  const { keeper = async () => null, busyTimeout = 200, fs: files = fs, engine = startSqlite() } = opening;
  const medium = new FilesystemMedium(
    files,
    database,
    path.dirname(database),
    { release() {} },
    false,
    (file) => new FileGuard(files, database, file, busyTimeout, keeper),
  );
  return openSqliteOn(engine, medium, true);
}

/** The keepers that work on this machine. */
export const keepers: readonly { readonly name: string; readonly start: StartKeeper }[] = [
  {
    name: 'the program sqlite3',
    async start(file) {
      const runner = await ProgramRunner.start(file);
      return runner === null ? null : new Keeper(runner, file);
    },
  },
  ...(process.getBuiltinModule('node:sqlite' as 'node:fs') === undefined
    ? []
    : [
        {
          name: 'node:sqlite',
          async start(file: string) {
            const runner = ConnectionRunner.start(file);
            return runner === null ? null : new Keeper(runner, file);
          },
        },
      ]),
];
