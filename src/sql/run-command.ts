/** Dispatches the commands of the persistence core to the functions that run them on Cinder's tables. */
import { NotImplemented } from '../errors/index.ts';
import type { Answers, ReadCommand, SingleWrite, WriteCommand } from '../rpc/contract.ts';
import type { SqlConnection } from './engine.ts';
import { deleteKeyValue, getKeyValues, setKeyValue } from './key-values.ts';
import { getConnections } from './read/connections.ts';
import { examine } from './read/examine.ts';
import { fingerprint } from './read/fingerprint.ts';
import { getSnapshots, scanSnapshots } from './read/snapshots.ts';
import { getVolumes, scanVolumes } from './read/volumes.ts';
import { deleteConnection, setConnection } from './write/connections.ts';
import { repair } from './write/repair.ts';
import { deleteSnapshot, setSnapshot } from './write/snapshots.ts';
import { deleteVolume, setVolume } from './write/volumes.ts';
import type { WriteContext } from './write/write-context.ts';

/** The reads that query Cinder's tables; the others are about the file, or about writing. */
export type TableRead = Exclude<ReadCommand, { readonly kind: 'info' | 'exportDatabase' | 'checkWrites' }>;

export async function read(connection: SqlConnection, command: TableRead): Promise<Answers[TableRead['kind']]> {
  switch (command.kind) {
    case 'getVolumes':
      return getVolumes(connection, command.filter, command.page);
    case 'getSnapshots':
      return getSnapshots(connection, command.filter);
    case 'getConnections':
      return getConnections(connection, command.filter);
    case 'getKeyValues':
      return getKeyValues(connection, command.key);
    case 'scanVolumes':
      return scanVolumes(connection, command.scan);
    case 'scanSnapshots':
      return scanSnapshots(connection, command.scan);
    case 'fingerprint':
      return fingerprint(connection);
    case 'examine':
      return examine(connection, command.integrity);
    default:
      throw unknownCommand(command);
  }
}

type Stored = Answers['batch'][number];

/** Runs a write on a connection that is in a transaction. `newContext` is called for each command, for its time. */
export async function write(
  connection: SqlConnection,
  command: WriteCommand,
  newContext: () => WriteContext,
): Promise<Answers[WriteCommand['kind']]> {
  if (command.kind !== 'batch') return writeOne(connection, command, newContext());
  const answers: Stored[] = [];
  for (const part of command.commands) answers.push(await writeOne(connection, part, newContext()));
  return answers;
}

/** Runs one change on a connection that is in a transaction. */
export async function writeOne(
  connection: SqlConnection,
  command: SingleWrite,
  context: WriteContext,
): Promise<Stored> {
  switch (command.kind) {
    case 'setVolume':
      return setVolume(connection, command.change, context);
    case 'setSnapshot':
      return setSnapshot(connection, command.change, context);
    case 'setConnection':
      return setConnection(connection, command.change, context);
    case 'setKeyValue':
      return setKeyValue(connection, command);
    case 'deleteVolume':
      return deleteVolume(connection, command.id, context);
    case 'deleteSnapshot':
      return deleteSnapshot(connection, command.id, context);
    case 'deleteConnection':
      return deleteConnection(connection, command.id, context);
    case 'deleteKeyValue':
      return deleteKeyValue(connection, command.key);
    case 'repair':
      return repair(connection, command.findings, context);
    default:
      throw unknownCommand(command);
  }
}

/** For commands of another version of this library; the types say that there are none. */
function unknownCommand(command: never): NotImplemented {
  const { kind } = command as { readonly kind?: unknown };
  return new NotImplemented(`The persistence core has no command ${JSON.stringify(kind)}.`);
}
