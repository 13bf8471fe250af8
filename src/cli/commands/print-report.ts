/** Prints the report of a migration. */
import { isOfObjects, MISSING_TABLE, type MigrationReport } from '../../migrate/report.ts';
import { counted } from '../counted.ts';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import { maskText } from '../mask.ts';
import { missingTablesText } from '../missing-tables.ts';
import { besideText } from '../other-tables.ts';
import type { Output } from '../output.ts';
import { printable } from '../printable.ts';

export interface ReportOptions {
  readonly dryRun: boolean;
  /** Whether both sides were read again and compared. */
  readonly verified: boolean;
  /** Whether the target has a type `__DEFAULT__` of its own. */
  readonly ownDefaultType?: boolean;
  /** A table of another program, if Cinder's tables were created beside that. */
  readonly createdBeside?: string | undefined;
  /** The stream to print to. Default: the output. */
  readonly stream?: 'out' | 'error';
}

export async function printReport(
  output: Output,
  report: MigrationReport,
  { dryRun, verified, ownDefaultType = false, createdBeside, stream = 'out' }: ReportOptions,
): Promise<void> {
  // Names, like any text, may contain secrets; fields that are more likely to are not in the report.
  const value = (text: string | null): string | null => (text === null || output.showSecrets ? text : maskText(text));
  const differences = report.differences.map((one) => ({
    ...one,
    source: value(one.source),
    target: value(one.target),
  }));
  const { volumes, snapshots, connections, key_values, volume_types, not_carried } = report;
  if (output.json) {
    const beside = createdBeside === undefined ? {} : { created_beside: createdBeside };
    const json = { ...report, differences, not_carried: [...not_carried], dry_run: dryRun, ...beside };
    return output.printJson(json, stream);
  }
  if (createdBeside !== undefined) await output.note(besideText(createdBeside, dryRun));
  const missing = not_carried.filter(({ kind }) => kind === MISSING_TABLE);
  for (const tables of missing) await output.note(missingTablesText(tables));
  const { green, yellow, red } = output.terminal.colors(stream);
  const own = ownDefaultType ? '; it keeps its own type __DEFAULT__, with its own id and times' : '';
  const compared = not_carried.some(isOfObjects) ? 'what was copied' : 'the source';
  const lines = [
    `${dryRun ? 'Would copy' : 'Copied'} ${counted(volumes, 'volume')}, ${counted(snapshots, 'snapshot')}, ` +
      `${counted(connections, 'connection')}, ${counted(key_values, 'key-value')} and ${counted(volume_types, 'volume type')}.`,
    ...[...not_carried.filter(isOfObjects), ...not_carried.filter((entry) => !isOfObjects(entry))]
      .filter(({ kind }) => kind !== MISSING_TABLE)
      .map(({ kind, field, count, ids, why }) => {
        const what = field === null ? kind : `${kind}, ${field}`;
        return `${yellow('not copied:')} ${count} × ${printable(what)}: ${why}${some(ids)}`;
      }),
    ...differences.map(({ kind, id, field, source, target }) => {
      const values = source === null && target === null ? '' : `: ${source} became ${target}`;
      return `${red('difference:')} ${kind} ${printable(id)} ${field === null ? 'is missing' : field}${printable(values)}`;
    }),
    ...(verified && differences.length === 0
      ? [green(`Verified: the target matches ${compared}, field by field${own}.`)]
      : []),
  ];
  await output.terminal.write(stream, `${lines.join('\n')}\n`);
}

/** The exit code of the command that made the report. */
export function exitCodeOf({ not_carried, differences }: MigrationReport): ExitCode {
  return differences.length > 0 || not_carried.some(isOfObjects) ? exitCodes.found : exitCodes.done;
}

/** A few ids for the end of a line, with an ellipsis if there are more. */
function some(ids: readonly string[]): string {
  if (ids.length === 0) return '';
  const first = ids.slice(0, 3).map(printable).join(', ');
  return ids.length > 3 ? ` (${first}, …)` : ` (${first})`;
}
