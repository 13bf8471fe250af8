/** A core in a browser: shares a database with the other tabs if they can open it too, and else has it to itself. */
import { ContextClosed, DatabaseError } from '../errors/index.ts';
import { neededLocks } from '../media/locks/web-lock.ts';
import type { Answer, Answers, Change, Command, CoreConfig } from '../rpc/contract.ts';
import type { CommandRunner } from '../rpc/host.ts';
import { isShared } from '../rpc/is-shared.ts';
import { Member, type MemberParts } from './member.ts';

export class TabCore implements CommandRunner {
  readonly #parts: Pick<MemberParts, 'makeCore' | 'warmUp'>;
  #target: CommandRunner | null = null;
  /** Whether it was told to open a database: a context does that once. */
  #isTaken = false;
  #listener: (changes: readonly Change[]) => void = () => {};

  constructor(parts: Pick<MemberParts, 'makeCore' | 'warmUp'>) {
    this.#parts = parts;
  }

  call<C extends Command>(command: C): Promise<Answer<C>>;
  async call(command: Command): Promise<unknown> {
    if (command.kind === 'open') {
      // The contract does without the types of browsers, and only a page sends a port.
      return this.#open(command.config, (command.ports ?? null) as MessagePort | null);
    }
    if (this.#target !== null) return this.#target.call(command);
    if (command.kind === 'close') return null;
    throw new ContextClosed('The database is not open yet, or could not be opened.');
  }

  onChanges(listener: (changes: readonly Change[]) => void): void {
    this.#listener = listener;
  }

  setAway(isAway: boolean): void {
    this.#target?.setAway?.(isAway);
  }

  async #open(config: CoreConfig, ports: MessagePort | null): Promise<Answers['open']> {
    // Refused here too: this core would go over to the other database, with the calls of its first context.
    if (this.#isTaken) throw new DatabaseError('This core has a database open already. Use another core.');
    this.#isTaken = true;
    if (!isShared(config)) {
      this.#target ??= this.#parts.makeCore();
      return this.#target.call({ kind: 'open', config });
    }
    const { member, opened } = await Member.join(this.#memberParts(config), config, ports);
    this.#target = member;
    member.onChanges((changes) => this.#listener(changes));
    return opened;
  }

  #memberParts({ database }: CoreConfig): MemberParts {
    return {
      ...this.#parts,
      locks: neededLocks(database),
      openChannel: (name) => new BroadcastChannel(name),
      newId: () => crypto.randomUUID(),
    };
  }
}
