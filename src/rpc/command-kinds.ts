/** What kind of command it is: what else may run beside it, and whether losing its answer matters. */
import type { BulkCommand, Command, WriteCommand } from './contract.ts';

const writes: Readonly<Record<WriteCommand['kind'], true>> = {
  setVolume: true,
  setSnapshot: true,
  setConnection: true,
  setKeyValue: true,
  deleteVolume: true,
  deleteSnapshot: true,
  deleteConnection: true,
  deleteKeyValue: true,
  repair: true,
  batch: true,
};

/** Whether it changes the tables, in a transaction of its own or of a group. */
export function isWrite(command: Command): command is WriteCommand {
  return Object.hasOwn(writes, command.kind);
}

/** Whether it is a getter. The other reads are for those who go through everything, and run alone. */
export function isGetter({ kind }: Command): boolean {
  return kind.startsWith('get');
}

/** Whether it continues a bulk, bypassing everything that waits for the bulk to end. */
export function isBulkPart(command: Command): command is BulkCommand {
  return command.kind === 'appendBulk' || command.kind === 'commitBulk' || command.kind === 'rollbackBulk';
}

/** Whether losing the answer leaves it open what is stored. Nothing of a bulk is stored before its commit. */
export function leavesDoubt(command: Command): boolean {
  return isWrite(command) || command.kind === 'commitBulk';
}
