/** `convert`: turns a storage or file of any kind into a new SQLite or JSON file. */
import { refuseSame } from '../../migrate/same-storage.ts';
import type { PersistenceConfig } from '../../persistence/config.ts';
import type { ExitCode } from '../exit-codes.ts';
import type { Output } from '../output.ts';
import { fileOf, isPath, storageConfig } from '../storage-argument.ts';
import type { Storages } from '../storages.ts';
import { type MigrateOptions, migrate } from './migrate.ts';
import { isJson, refuseOtherKinds, toJson } from './to-json.ts';
import { mustReplace, newDatabase } from './write-file.ts';

export interface ConvertOptions extends MigrateOptions {
  /** Whether to replace an existing file. */
  readonly force?: boolean;
}

export async function convert(
  output: Output,
  storages: Storages,
  from: string,
  to: string,
  { force = false, ...options }: ConvertOptions,
): Promise<ExitCode> {
  const file = to === '-' ? null : fileOf(to);
  if (file !== null && from !== '-') refuseSame(fileConfig(from), fileConfig(file));
  // A target that is not a file is not created, but written to as by migrate.
  if (to !== '-' && file === null) return migrate(output, storages, from, storageConfig(to), options);
  const intoJson = file === null || (isPath(to) && isJson(to));
  if (!intoJson) refuseOtherKinds(to);
  if (options.dryRun) {
    // Refuses what the real run refuses.
    if (file !== null) mustReplace(file, force);
    // In place of a new file; JSON has a place for everything, as memory has.
    return migrate(output, storages, from, { storage: intoJson ? 'memory' : 'memory_db' }, options);
  }
  if (intoJson) return toJson(output, storages, from, to, { ...options, force });
  return newDatabase(storages, file, force, (temporary) =>
    migrate(output, storages, from, storageConfig(temporary), options),
  );
}

/** The configuration for a path taken as a database's, whatever the file contains. */
function fileConfig(argument: string): PersistenceConfig {
  return isPath(argument) ? { storage: 'db', connection: `sqlite:///${argument}` } : storageConfig(argument);
}
