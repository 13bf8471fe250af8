/** Which commands write, and what each of them changes. */
import type { ChangeListener } from './client.ts';
import type { BulkCommand, Change, Command, WriteCommand } from './contract.ts';

type ToldChange = Omit<Change, 'here'>;

/** How many changes of one bulk or batch are told, at the most: more than any listener lets wait, see persistence/change-feed.ts. */
const mostTold = 10_001;
type Told = Exclude<WriteCommand['kind'], 'batch' | 'repair'>;

const writeKinds: Readonly<Record<Told, readonly [Change['kind'], Change['action']]>> = {
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
  return command.kind === 'batch' || command.kind === 'repair' || Object.hasOwn(writeKinds, command.kind);
}

/** Whether it goes on with a bulk, past everything that waits for the bulk to end. */
export function isBulkPart(command: Command): command is BulkCommand {
  return command.kind === 'appendBulk' || command.kind === 'commitBulk' || command.kind === 'rollbackBulk';
}

/** Whether something may be stored or not when its answer is lost. Nothing of a bulk is before its commit. */
export function leavesDoubt(command: Command): boolean {
  return isWrite(command) || command.kind === 'commitBulk';
}

/**
 * What the commands that succeeded made durable, in order: the changes of a bulk with its commit. There is one bulk at
 * a time, and each begins with nothing: one that failed leaves its changes to nobody.
 */
export class DurableChanges {
  #bulk: ToldChange[] = [];

  /** What a command that has just succeeded made durable; what a deleted volume took along is not listed. */
  after(command: Command): readonly ToldChange[] {
    if (isWrite(command)) return changesOf(command);
    switch (command.kind) {
      case 'appendBulk': {
        const commands = command.commands.slice(0, mostTold - this.#bulk.length);
        this.#bulk.push(...commands.flatMap(changesOf));
        return [];
      }
      case 'commitBulk':
        return this.#take();
      case 'beginBulk':
      case 'rollbackBulk':
        this.#take();
        return [];
      default:
        return [];
    }
  }

  #take(): readonly ToldChange[] {
    const changes = this.#bulk;
    this.#bulk = [];
    return changes;
  }
}

/** Tells of what one context's own commands made durable: for a core that nobody else uses. */
export class OwnChanges {
  readonly #durable = new DurableChanges();
  listener: ChangeListener = () => {};

  /** Tells what a command that has just succeeded made durable. */
  tellAfter(command: Command): void {
    const changes = this.#durable.after(command);
    try {
      if (changes.length > 0) this.listener(changes.map((change) => ({ ...change, here: true })));
    } catch {
      // The change is stored: whoever cannot be told of it must not make it look as if it were not.
    }
  }
}

/** A repair does not know whose rows it marked: it tells of none. */
function changesOf(command: WriteCommand): ToldChange[] {
  if (command.kind === 'batch') return command.commands.slice(0, mostTold).flatMap(changesOf);
  if (command.kind === 'repair') return [];
  const [kind, action] = writeKinds[command.kind];
  return [{ kind, id: idOf(command), action }];
}

function idOf(command: Extract<WriteCommand, { readonly kind: Told }>): string {
  if ('change' in command) return command.change.id;
  return 'id' in command ? command.id : command.key;
}
