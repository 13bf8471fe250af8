/** `migrate` and `load`: carry everything from a storage or file to a storage, and print a report. */
import { DatabaseUnavailable, SchemaError } from '../../errors/index.ts';
import { carry } from '../../migrate/carry.ts';
import { openForReading, openTarget } from '../../migrate/open.ts';
import type { MigrationReport } from '../../migrate/report.ts';
import { refuseSame } from '../../migrate/same-storage.ts';
import type { Source } from '../../migrate/source.ts';
import type { Target } from '../../migrate/target.ts';
import type { PersistenceConfig } from '../../persistence/config.ts';
import type { ExitCode } from '../exit-codes.ts';
import type { Output } from '../output.ts';
import { ProgressBar } from '../progress.ts';
import { storageConfig } from '../storage-argument.ts';
import type { Storages } from '../storages.ts';
import { exitCodeOf, printReport } from './print-report.ts';

export interface MigrateOptions {
  readonly dryRun?: boolean;
  readonly verify: boolean;
  readonly keyValues: boolean;
}

export async function migrate(
  output: Output,
  storages: Storages,
  from: string,
  target: PersistenceConfig,
  options: MigrateOptions,
): Promise<ExitCode> {
  const source = await storages.source(from);
  if (from !== '-') refuseSame(storageConfig(from), target);
  const other = await otherTableIn(storages, target);
  const { end } = await storages.opened(openTarget(target, options.dryRun ?? false));
  return carryAll(output, source, end, options, other);
}

/** A table of another program, in a database that has none of Cinder's: opening it for writing creates those. */
async function otherTableIn(storages: Storages, target: PersistenceConfig): Promise<string | undefined> {
  if (target.storage !== 'db' || target.from !== undefined) return undefined;
  try {
    const { close } = await storages.opened(openForReading(target));
    await close();
  } catch (error) {
    if (error instanceof SchemaError) return error.other_table;
    // A server that cannot be reached is waited for once only.
    if (error instanceof DatabaseUnavailable && !target.connection?.startsWith('sqlite:')) throw error;
    // Else opening it for writing reports what is wrong with it, if that is in the way.
  }
  return undefined;
}

export async function carryAll(
  output: Output,
  source: Source,
  target: Target,
  { dryRun = false, verify, keyValues }: MigrateOptions,
  createdBeside?: string,
): Promise<ExitCode> {
  const bar = new ProgressBar(output.terminal);
  let report: MigrationReport;
  try {
    report = await carry(source, target, {
      dry_run: dryRun,
      verify,
      key_values: keyValues,
      on_progress: (progress) => bar.show(progress),
    });
  } finally {
    bar.end();
  }
  await printReport(output, report, {
    dryRun,
    verified: verify && !dryRun,
    ownDefaultType: hasOwnDefaultType(target),
    createdBeside,
  });
  return exitCodeOf(report);
}

/** Whether the target's type `__DEFAULT__` is not the source's, which is not reported as a difference. */
function hasOwnDefaultType({ defaultType, defaultTypeIds }: Target): boolean {
  return defaultType !== null && [...defaultTypeIds].some((id) => id !== String(defaultType.get('id')));
}
