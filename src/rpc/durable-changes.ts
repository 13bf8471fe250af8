/** What each successful command made durable, as the readers of `changes()` are told of it. */
import type { ChangeListener } from './client.ts';
import { isWrite } from './command-kinds.ts';
import type { Answers, Change, Command, WriteCommand } from './contract.ts';

/** A change as all tabs hear of it: each finds out for itself whether it made the change. */
export type DurableChange = Omit<Change, 'here'>;

/** The most changes of a bulk or batch to report: more than a listener queues (persistence/change-feed.ts). */
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

/**
 * Collects what successful commands made durable, in order: the changes of a bulk with its commit. There is one bulk
 * at a time, and each starts empty: the changes of a failed one are dropped.
 */
export class DurableChanges {
  #bulk: DurableChange[] = [];

  /**
   * What a command that has just succeeded made durable; what was deleted along with a volume is not listed.
   *
   * @param answer the answer to it
   */
  after(command: Command, answer: unknown): readonly DurableChange[] {
    if (isWrite(command)) return changesOf(command);
    switch (command.kind) {
      case 'appendBulk': {
        const idle = new Set((answer as Answers['appendBulk']) ?? []);
        const commands = command.commands.filter((_, place) => !idle.has(place));
        this.#bulk.push(...commands.slice(0, mostTold - this.#bulk.length).flatMap(changesOf));
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

  #take(): readonly DurableChange[] {
    const changes = this.#bulk;
    this.#bulk = [];
    return changes;
  }
}

/** Reports what one context's own commands made durable, for a core that is not shared. */
export class OwnChanges {
  readonly #durable = new DurableChanges();
  listener: ChangeListener = () => {};

  /** Reports what a command that has just succeeded made durable. */
  tellAfter(command: Command, answer: unknown): void {
    const changes = this.#durable.after(command, answer);
    try {
      if (changes.length > 0) this.listener(changes.map((change) => ({ ...change, here: true })));
    } catch {
      // The change is stored: a failing listener must not make the command fail.
    }
  }
}

/** A repair does not know whose rows it marked, so it reports none. */
function changesOf(command: WriteCommand): DurableChange[] {
  if (command.kind === 'batch') return command.commands.slice(0, mostTold).flatMap(changesOf);
  if (command.kind === 'repair') return [];
  const [kind, action] = writeKinds[command.kind];
  return [{ kind, id: idOf(command), action }];
}

function idOf(command: Extract<WriteCommand, { readonly kind: Told }>): string {
  if ('change' in command) return command.change.id;
  return 'id' in command ? command.id : command.key;
}
