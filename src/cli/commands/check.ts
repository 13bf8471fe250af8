/** `check`: checks the integrity of a database, finds inconsistent rows, and repairs them on request. */
import { DEFAULT_TYPE } from '../../cinder/volume-type.ts';
import { InvalidOption, isCinderlibError, VolumeTypeNotFoundByName } from '../../errors/index.ts';
import { type OpenContext, openContext, openForReading } from '../../migrate/open.ts';
import type { PersistenceConfig } from '../../persistence/config.ts';
import { DatabasePersistence } from '../../persistence/database.ts';
import type { Examination, Finding } from '../../rpc/contract.ts';
import { counted } from '../counted.ts';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import { messageOf } from '../other-tables.ts';
import type { Output } from '../output.ts';
import type { Storages } from '../storages.ts';

export interface CheckOptions {
  readonly repair: boolean;
  /** Whether to repair without asking. */
  readonly yes: boolean;
}

export async function check(
  output: Output,
  storages: Storages,
  config: PersistenceConfig,
  { repair, yes }: CheckOptions,
): Promise<ExitCode> {
  // Read-only at first: take no lock and create no database before there is something to repair.
  let opened: OpenContext;
  let examination: Examination;
  try {
    opened = await storages.opened(openForReading(config));
    examination = await databaseOf(opened).examine({ integrity: true });
  } catch (error) {
    if (!isCinderlibError(error) || !damages.has(error.name)) throw error;
    // What prevents the database from being read is the only finding.
    const untyped = error instanceof VolumeTypeNotFoundByName ? error : null;
    const findings = untyped === null ? [] : [noDefaultType(untyped)];
    const result = { schema: messageOf(error), integrity: null, findings, repaired: [] };
    await print(output, result, untyped === null ? null : remedyOf(untyped));
    return exitCodes.found;
  }
  const repairable = repair ? examination.findings.filter((finding) => finding.repairable) : [];
  const isRepaired =
    repairable.length > 0 && (await isWanted(output, repairable, await besides(opened, examination), yes));
  const repaired = isRepaired ? repairable : [];
  if (repaired.length > 0) {
    await opened.close();
    const database = databaseOf(await storages.opened(openContext(config)));
    await database.repair(repaired.map(({ name, table, count }) => ({ name, table, count })));
    examination = await database.examine({ integrity: true });
  }
  await print(output, { schema: null, ...examination, repaired });
  return isSound(examination) ? exitCodes.done : exitCodes.found;
}

function databaseOf({ persistence }: OpenContext): DatabasePersistence {
  if (persistence instanceof DatabasePersistence) return persistence;
  throw new InvalidOption('Only a database can be checked.');
}

/** Errors on opening that are about the database itself, not about its location or users. */
const damages = new Set(['SchemaError', 'DatabaseCorrupt', 'NotADatabase', 'VolumeTypeNotFoundByName']);

/** Neither the original nor this library opens a database without that type, so nothing else can be checked. */
function noDefaultType({ volume_type_name }: VolumeTypeNotFoundByName): Finding {
  const about = { name: 'no_default_type', table: 'volume_types', severity: 'error' } as const;
  return { ...about, count: 1, ids: [volume_type_name], repairable: false };
}

/** What is wrong with the default type, and lines that say what to do about it. */
interface Remedy {
  readonly fault: string;
  readonly lines: readonly string[];
}

/** `false` is understood by every database, also if it stores 0. */
function remedyOf({ deleted }: VolumeTypeNotFoundByName): Remedy {
  if (!deleted) {
    const advice = 'Take the type from a backup, with the id that volumes.volume_type_id refers to.';
    return { fault: faultOf('missing'), lines: [advice] };
  }
  const statement = `  UPDATE volume_types SET deleted = false, deleted_at = NULL WHERE name = '${DEFAULT_TYPE}'`;
  return { fault: faultOf('marked as deleted'), lines: ['This statement restores it:', statement] };
}

const faultOf = (state: string): string =>
  `the default volume type is ${state}; without it the database cannot be opened`;

function isSound({ integrity, findings }: Pick<Examination, 'integrity' | 'findings'>): boolean {
  return (integrity ?? []).length === 0 && findings.every(({ severity }) => severity === 'note');
}

/** The schema revision that is upgraded when a database is opened for writing. */
const olderRevision = '921e1a36b076';

/** What merely opening the database for writing changes in it. */
async function besides({ context }: OpenContext, { tables }: Examination): Promise<readonly string[]> {
  const { revision } = await context.info();
  const hasKeyValues = tables.some(({ table }) => table === 'cinderlib_persistence_key_value');
  return [
    ...(revision === olderRevision
      ? [`the schema is upgraded from revision ${revision}, unless added columns, views or triggers prevent it`]
      : []),
    ...(hasKeyValues ? [] : ['the table cinderlib_persistence_key_value is created']),
  ];
}

/** Shows what a repair would change, then asks unless `yes`. With `--json`, a program is neither shown that nor asked. */
async function isWanted(
  output: Output,
  findings: readonly Finding[],
  also: readonly string[],
  yes: boolean,
): Promise<boolean> {
  if (output.json && (yes || !output.terminal.interactive)) return yes;
  const lines = findings.map(
    ({ name, table, count, ids }) =>
      `  ${table}: ${counted(count, 'row')} (${meanings[name] ?? name}): ${ids.slice(0, 5).join(', ')}${count > 5 ? ', …' : ''}`,
  );
  const opening = also.length === 0 ? [] : ['The repair opens the database for writing, which also changes this:'];
  const plan = [
    'The repair marks these rows as deleted; nothing is removed:',
    ...lines,
    ...opening,
    ...also.map((each) => `  ${each}`),
  ];
  await output.terminal.error(`${plan.join('\n')}\n`);
  if (yes) return true;
  if (await output.terminal.confirm('Repair?')) return true;
  await output.note('nothing was repaired; --yes repairs without asking.');
  return false;
}

const meanings: Readonly<Record<string, string>> = {
  snapshot_without_volume: 'snapshots whose volume is missing',
  connection_without_volume: 'connections whose volume is missing or marked as deleted',
  invalid_json: 'connections with invalid JSON; their volumes cannot be read',
  stuck: 'creating, deleting or extending never finished',
  volume_without_type: 'volumes whose type is missing',
  orphan_type: 'types made for one volume, which no volume has now',
  unused_type: 'types that no volume has',
  type_of_snapshots: 'types that only snapshots have',
  duplicate_type_name: 'types with the same name',
  orphan_metadata: 'metadata or specs of something that is gone, or of such a type',
  unlinked_qos_specs: 'QoS specs that their type does not refer to; cinderlib leaves them so',
  duplicate_metadata: 'rows overridden by a later row with the same key',
};

interface CheckResult extends Pick<Examination, 'integrity' | 'findings'> {
  readonly schema: string | null;
  readonly repaired: readonly Finding[];
}

/** @param remedy of the only finding, for people */
async function print(
  output: Output,
  { schema, integrity, findings, repaired }: CheckResult,
  remedy: Remedy | null = null,
): Promise<void> {
  const ok = schema === null && isSound({ integrity, findings });
  if (output.json) return output.printJson({ ok, schema, integrity, findings, repaired });
  const { green, yellow, red, dim } = output.terminal.colors('out');
  const paint = { error: red, warning: yellow, note: dim };
  const lines = [
    // A finding says more about it.
    ...(schema === null || findings.length > 0 ? [] : [`${red('error')} ${schema}`]),
    ...(integrity ?? []).map((text) => `${red('error')} integrity: ${text}`),
    ...findings.map(({ name, table, severity, count, ids }) => {
      const first = `${ids.slice(0, 5).join(', ')}${count > 5 ? ', …' : ''}`;
      const meaning = remedy?.fault ?? meanings[name];
      return `${paint[severity](severity)} ${name}: ${count} in ${table}: ${meaning ?? ''} (${first})`;
    }),
    ...repaired.map(({ name, table, count }) => `${green('repaired')} ${name}: ${count} in ${table}`),
    ...(remedy?.lines ?? []),
    ...(ok ? [green('The database is sound.')] : []),
  ];
  await output.terminal.out(`${lines.join('\n')}\n`);
}
