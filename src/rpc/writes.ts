/** Which commands write, and what each of them changes. */
import type { Change, Command, WriteCommand } from './contract.ts';

const writeKinds: Readonly<
  Record<Exclude<WriteCommand['kind'], 'batch'>, readonly [Change['kind'], Change['action']]>
> = {
  setVolume: ['volume', 'set'],
  setSnapshot: ['snapshot', 'set'],
  setConnection: ['connection', 'set'],
  setKeyValue: ['key_value', 'set'],
  deleteVolume: ['volume', 'delete'],
  deleteSnapshot: ['snapshot', 'delete'],
  deleteConnection: ['connection', 'delete'],
  deleteKeyValue: ['key_value', 'delete'],
};

export function isWrite(command: Command): command is WriteCommand {
  return command.kind === 'batch' || Object.hasOwn(writeKinds, command.kind);
}

/** What a write that succeeded has changed, in order; what a deleted volume took along is not listed. */
export function changesOf(command: WriteCommand): Omit<Change, 'here'>[] {
  if (command.kind === 'batch') return command.commands.flatMap(changesOf);
  const [kind, action] = writeKinds[command.kind];
  return [{ kind, id: idOf(command), action }];
}

function idOf(command: Exclude<WriteCommand, { readonly kind: 'batch' }>): string {
  if ('change' in command) return command.change.id;
  return 'id' in command ? command.id : command.key;
}
