/** `migrate`: carries everything from one storage to another in one call, and verifies it. */
import { loaded } from '../loaded.ts';
import { checkMigrationEnd, migrationOptions } from '../options.ts';
import type { PersistenceConfig } from '../persistence/config.ts';
import type { SetupOptions } from '../setup.ts';
import type { MigrationProgress } from './carry.ts';
import { closeAll } from './close-all.ts';
import type { OpenStorage } from './open.ts';
import type { MigrationReport } from './report.ts';

/** The options of {@link migrate}. An undefined option counts as absent. */
export interface MigrationOptions {
  /** Whether to go through everything like a real run, and be refused like it, without writing. Default: false. */
  readonly dry_run?: boolean | undefined;
  /** Whether to read both sides again at the end and compare them field by field. Default: true. */
  readonly verify?: boolean | undefined;
  /** Whether to carry key-values too. Default: true. */
  readonly key_values?: boolean | undefined;
  /**
   * As in {@link SetupOptions}, for the databases that are opened: a function creates a worker for each of them. Default: that
   * of the context whose open storage is the source or the target, else true.
   */
  readonly worker?: SetupOptions['worker'];
  /**
   * Called after each page, and awaited. If it fails, the migration ends: during `writing`, nothing is stored if the target has
   * transactions; during `verifying`, everything is already stored.
   */
  readonly on_progress?: ((progress: MigrationProgress) => void | Promise<void>) | undefined;
}

/**
 * Copies volumes with their types, specs and metadata, snapshots, connections and key-values from one storage to
 * another. Other objects in the target are kept; those that came from the source before are updated, if they are older.
 *
 * In a database, everything is one transaction: stored completely or not at all. In other storages, objects are
 * stored one by one, and a second run completes the first. The source is never changed.
 *
 * @param from The `persistence_config` of an existing storage.
 * @param to The `persistence_config` of the target. A missing SQLite database is created.
 * @returns What was carried, what was not and why, and any differences found.
 * @throws MigrationConflict when the target has a different object with the same id, a newer state of it, or a different
 *   one that is not known to be older;
 *   SourceChanged when the source was changed meanwhile, on a server only if the connection was lost too; else the errors of the storages.
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
  const { dry_run, verify, key_values, on_progress, worker: given } = migrationOptions(options);
  // Imported on demand, only by programs that migrate.
  const [{ carry }, { openSource, openTarget, refuseSame, workerOf }] = await loaded(
    Promise.all([import('./carry.ts'), import('./open.ts')]),
  );
  refuseSame(from, to);
  // `migrationOptions` has checked that it is a boolean or a function.
  const worker = (given as SetupOptions['worker']) ?? workerOf(from) ?? workerOf(to);
  const opened: OpenStorage<unknown>[] = [];
  const close = (): Promise<void> => closeAll(opened.reverse().map((storage) => () => storage.close()));
  let report: MigrationReport;
  try {
    const source = await openSource(from, worker);
    opened.push(source);
    const target = await openTarget(to, dry_run, worker);
    opened.push(target);
    report = await carry(source.end, target.end, { dry_run, verify, key_values, on_progress });
  } catch (error) {
    // The original error matters more than one of closing.
    await close().catch(() => {});
    throw error;
  }
  await close();
  return report;
}
