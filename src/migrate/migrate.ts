/** `migrate`: from one storage to another, in one call, with proof. */
import { checkMigrationEnd, migrationOptions } from '../options.ts';
import type { PersistenceConfig } from '../setup.ts';
import type { MigrationProgress } from './carry.ts';
import { closeAll } from './close-all.ts';
import type { OpenStorage } from './open.ts';
import type { MigrationReport } from './report.ts';

/** The options of {@link migrate}. */
export interface MigrationOptions {
  /** Reads everything, looks for conflicts, and writes nothing. */
  readonly dry_run?: boolean;
  /** Whether both sides are read again at the end and compared field by field; they are unless told otherwise. */
  readonly verify?: boolean;
  /** Whether key-values are carried too; they are unless told otherwise. */
  readonly key_values?: boolean;
  /**
   * Called after each page. What it throws ends the migration; in the phase `writing` nothing is stored then, where there
   * are transactions, and in the phase `verifying` everything is stored already.
   */
  readonly on_progress?: (progress: MigrationProgress) => void;
}

/**
 * Carries volumes with their types, specs and metadata, snapshots, connections and key-values from one
 * storage to another. What the target holds already stays; what it holds of the source is brought up to date.
 *
 * In a database everything is one transaction: stored whole or not at all. In other storages objects are
 * stored one by one, and a second run completes the first. The source is never changed.
 *
 * @param from a `persistence_config`, of a storage that exists
 * @param to a `persistence_config`
 * @throws MigrationConflict when the target has another object of the same id, or a later state of it;
 *   SourceChanged when somebody else changed the source meanwhile; what the storages throw
 * @example
 * ```ts
 * const report = await migrate(
 *   { storage: 'db', connection: 'sqlite:///old.sqlite' },
 *   { storage: 'db', connection: 'sqlite:///new.sqlite' },
 * );
 * console.log(report.volumes, report.not_carried, report.differences);
 * ```
 */
export async function migrate(
  from: PersistenceConfig,
  to: PersistenceConfig,
  options: MigrationOptions = {},
): Promise<MigrationReport> {
  checkMigrationEnd('source', from);
  checkMigrationEnd('target', to);
  const { dry_run, verify, key_values, on_progress } = migrationOptions(options);
  // Only those who migrate load what it takes.
  const [{ carry }, { openSource, openTarget, refuseSame }] = await Promise.all([
    import('./carry.ts'),
    import('./open.ts'),
  ]);
  refuseSame(from, to);
  const opened: OpenStorage<unknown>[] = [];
  const close = (): Promise<void> => closeAll(opened.reverse().map((storage) => () => storage.close()));
  let report: MigrationReport;
  try {
    const source = await openSource(from);
    opened.push(source);
    const target = await openTarget(to, dry_run);
    if (target !== null) opened.push(target);
    report = await carry(source.end, target?.end ?? null, { dry_run, verify, key_values, on_progress });
  } catch (error) {
    // Why it failed says more than why it could not be closed.
    await close().catch(() => {});
    throw error;
  }
  await close();
  return report;
}
