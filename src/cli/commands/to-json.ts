/** `convert` to a JSON file or to the output. */
import { InvalidOption } from '../../errors/index.ts';
import type { NotCarried } from '../../migrate/report.ts';
import { counted } from '../counted.ts';
import type { ExitCode } from '../exit-codes.ts';
import type { Output } from '../output.ts';
import { isPath } from '../storage-argument.ts';
import type { Storages } from '../storages.ts';
import { dump } from './dump.ts';
import { exitCodeOf, printReport } from './print-report.ts';
import { writeFile } from './write-file.ts';

export interface ToJsonOptions {
  readonly keyValues: boolean;
  /** Whether to replace an existing file. */
  readonly force: boolean;
}

/** Writes the content of a storage or file as JSON, secrets included, and reports what JSON has no place for. */
export async function toJson(
  output: Output,
  storages: Storages,
  from: string,
  to: string,
  { keyValues, force }: ToJsonOptions,
): Promise<ExitCode> {
  const { storage, leftOut } = await storages.lookAt(from);
  const writeAll = (write: (text: string) => Promise<void>) =>
    dump(storage, write, {
      keyValues,
      mask: (value) => value,
      isOutputClosed: () => to === '-' && output.terminal.isOutputClosed,
    });
  const { counts, keyValues: found } = await (to === '-'
    ? writeAll((text) => output.terminal.out(text))
    : writeFile(storages, to, force, writeAll));
  const declined: NotCarried = { kind: 'key-value', field: null, count: found, ids: [], why: 'key_values: false' };
  const notCarried = [...(await leftOut()), ...(keyValues || found === 0 ? [] : [declined])];
  const report = { ...counts, not_carried: notCarried, differences: [] };
  // The output is reserved for the requested data: the dump, or the report as JSON.
  const stream = output.json && to !== '-' ? 'out' : 'error';
  await printReport(output, report, { dryRun: false, verified: false, stream });
  if (keyValues && !output.json) await noteKeyValues(output, found, keyValues);
  return exitCodeOf(report);
}

/** Whether a path names a JSON file. */
export function isJson(path: string): boolean {
  return /\.json$/i.test(path);
}

/** @throws {InvalidOption} for the path of another kind of file as the target of a command that creates a database */
export function refuseOtherKinds(target: string): void {
  const [kind, way] = isPath(target) ? (otherKind(target) ?? []) : [];
  if (kind === undefined) return;
  throw new InvalidOption(
    `${target} would be a SQLite database, but has the name of a ${kind} file. ${way} ` +
      `For a database of that name, write sqlite:///${target}.`,
  );
}

/** What the name of a file says that it is, and how to get that. */
function otherKind(path: string): readonly [kind: string, way: string] | undefined {
  if (isJson(path)) return ['JSON', `To write JSON, use cinderlib convert FROM ${path}.`];
  if (/\.gz$/i.test(path)) return ['compressed', 'Convert to a name without .gz, then compress that file with gzip.'];
  if (/\.sql$/i.test(path)) return ['SQL', 'This program writes no SQL: sqlite3, pg_dump and mysqldump do.'];
  return undefined;
}

export async function noteKeyValues(output: Output, count: number, written: boolean): Promise<void> {
  if (count === 0) return;
  if (written)
    await output.note(`Python's cinderlib cannot load the ${counted(count, 'key-value')} in it; see --no-key-values.`);
  else await output.note(`${counted(count, 'key-value')} ${count === 1 ? 'was' : 'were'} left out.`);
}
