/**
 * Writes the changes of a bulk: new objects of one kind are stored together, with a few statements for all of them.
 * Existing objects are changed one by one, since each needs queries of its own.
 */
import { aboutItem } from '../../about-item.ts';
import { isCinderlibError } from '../../errors/index.ts';
import type { RowChange, SingleWrite } from '../../rpc/contract.ts';
import type { SqlConnection } from '../engine.ts';
import { writeOne } from '../run-command.ts';
import { snapshots, volumeAttachment, volumes } from '../schema/columns.ts';
import { createConnections } from './connections.ts';
import { findMany } from './many-rows.ts';
import { createSnapshots } from './snapshots.ts';
import { createVolumes } from './volumes.ts';
import type { WriteContext } from './write-context.ts';

type Creating = Extract<SingleWrite, { readonly change: RowChange }>;
type NewContext = () => WriteContext;

/** The most changes that are stored together: one statement holds the ids of all. */
const largestPage = 256;

const tables = { setVolume: volumes, setSnapshot: snapshots, setConnection: volumeAttachment } as const;

/**
 * Runs changes in order, in the transaction of a connection. After a failure it can only be rolled back.
 *
 * @returns the places of those that changed no row: what they say was stored already
 */
export async function writeMany(
  connection: SqlConnection,
  commands: readonly SingleWrite[],
  newContext: NewContext,
): Promise<readonly number[]> {
  const idle = new Set<SingleWrite>();
  const note = (some: readonly SingleWrite[]): void => some.forEach((command) => void idle.add(command));
  for (const page of pagesOfKind(commands)) {
    if (page.every(isCreating) && !hasTwins(page)) note(await writePage(connection, page, newContext));
    else note(await writeEach(connection, page, newContext));
  }
  return commands.flatMap((command, place) => (idle.has(command) ? [place] : []));
}

/** Consecutive changes of one kind. */
function* pagesOfKind(commands: readonly SingleWrite[]): Generator<readonly SingleWrite[]> {
  for (let start = 0, end = 0; start < commands.length; start = end) {
    while (end < commands.length && end - start < largestPage && commands[end]?.kind === commands[start]?.kind) end++;
    yield commands.slice(start, end);
  }
}

function isCreating(command: SingleWrite): command is Creating {
  return Object.hasOwn(tables, command.kind) && 'change' in command && Object.hasOwn(command.change.values, 'id');
}

/** Whether two of them may be one row to the database: MySQL's comparison ignores case, accents and trailing blanks. */
function hasTwins(page: readonly Creating[]): boolean {
  const folded = page.map(({ change }) => change.id.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase().trimEnd());
  return new Set(folded).size < page.length;
}

/** Like all of the following, it returns those that changed no row. */
async function writePage(
  connection: SqlConnection,
  page: readonly Creating[],
  newContext: NewContext,
): Promise<readonly SingleWrite[]> {
  if (page.length === 1) return writeEach(connection, page, newContext);
  // There each row is inserted by itself, and an error names its object.
  if (connection.dialect === 'sqlite') return writeTogether(connection, page, newContext);
  await connection.run('SAVEPOINT page');
  let idle: readonly SingleWrite[];
  try {
    idle = await writeTogether(connection, page, newContext);
  } catch (error) {
    if (isCinderlibError(error) && error.item !== undefined) throw error;
    // A statement for many rows does not tell which of them failed.
    await connection.run('ROLLBACK TO SAVEPOINT page');
    idle = await writeEach(connection, page, newContext);
  }
  await connection.run('RELEASE SAVEPOINT page');
  return idle;
}

async function writeTogether(
  connection: SqlConnection,
  page: readonly Creating[],
  newContext: NewContext,
): Promise<readonly SingleWrite[]> {
  const [first] = page;
  if (first === undefined) return [];
  const ids = page.map(({ change }) => change.id);
  const there = await findMany(connection, tables[first.kind].name, ids, 'id');
  // A row was found whose id is written differently: one by one, each change finds the row that is meant.
  if ([...there.keys()].some((id) => !ids.includes(id))) return writeEach(connection, page, newContext);
  const idle: SingleWrite[] = [];
  let fresh: Creating[] = [];
  const create = async (): Promise<void> => {
    await createAll(connection, fresh, newContext());
    fresh = [];
  };
  for (const command of page) {
    const { id, values } = command.change;
    if (!there.has(id) && !values['deleted']) {
      fresh.push(command);
      continue;
    }
    // Keep the order: a volume type comes with the first of the volumes that have it.
    await create();
    idle.push(...(await writeEach(connection, [command], newContext)));
  }
  await create();
  return idle;
}

async function createAll(
  connection: SqlConnection,
  commands: readonly Creating[],
  context: WriteContext,
): Promise<void> {
  const [first] = commands;
  switch (first?.kind) {
    case 'setVolume':
      return createVolumes(connection, changesOf(commands, first.kind), context);
    case 'setSnapshot':
      return createSnapshots(connection, changesOf(commands, first.kind), context);
    case 'setConnection':
      return createConnections(connection, changesOf(commands, first.kind), context);
  }
}

function changesOf<K extends Creating['kind']>(
  commands: readonly Creating[],
  kind: K,
): readonly Extract<Creating, { readonly kind: K }>['change'][] {
  const isOfKind = (command: Creating): command is Extract<Creating, { readonly kind: K }> => command.kind === kind;
  return commands.filter(isOfKind).map(({ change }) => change);
}

async function writeEach(
  connection: SqlConnection,
  commands: readonly SingleWrite[],
  newContext: NewContext,
): Promise<readonly SingleWrite[]> {
  const idle: SingleWrite[] = [];
  for (const command of commands) {
    let changed = 0;
    const counting: SqlConnection = {
      ...(connection.mayLock === undefined ? {} : { mayLock: connection.mayLock }),
      dialect: connection.dialect,
      all: (sql, parameters) => connection.all(sql, parameters),
      async run(sql, parameters) {
        const rows = await connection.run(sql, parameters);
        changed += rows;
        return rows;
      },
    };
    try {
      await writeOne(counting, command, newContext());
    } catch (error) {
      throw aboutItem(error, nameOf(command));
    }
    if (changed === 0) idle.push(command);
  }
  return idle;
}

/** What a change is about, as messages name it. */
function nameOf(command: SingleWrite): string {
  const kind = command.kind.replace(/^(?:set|delete)/, '').toLowerCase();
  if ('change' in command) return `${kind} ${command.change.id}`;
  if ('key' in command) return `key ${command.key}`;
  return 'id' in command ? `${kind} ${command.id}` : kind;
}
