/**
 * The calls of one member that await their answer: each gets exactly one, whatever becomes of the leaders.
 *
 * A call that no leader accepted, and any read, is sent again to the next one. An accepted write whose leader
 * ended without an answer may or may not be stored: nobody can tell, and its error says so.
 */
import { OutcomeUnknown } from '../errors/index.ts';
import { leavesDoubt } from '../rpc/command-kinds.ts';
import type { Command, Outcome } from '../rpc/contract.ts';
import { fromWire } from '../rpc/errors.ts';

export interface WaitingCall {
  readonly id: number;
  readonly command: Command;
  /** The leadership that it was sent to; null when it was sent to none. */
  readonly epoch: number | null;
}

interface Entry extends WaitingCall {
  epoch: number | null;
  accepted: boolean;
  readonly resolve: (value: unknown) => void;
  readonly reject: (reason: unknown) => void;
}

export class WaitingCalls {
  /** In the order of calling, which is the order of sending. */
  readonly #calls = new Map<number, Entry>();
  /** How many of them no leader has; kept because it is needed with every reply. */
  #unsent = 0;
  #last = 0;
  readonly #whenEmpty: (() => void)[] = [];

  get size(): number {
    return this.#calls.size;
  }

  add(command: Command): Promise<unknown> {
    const id = ++this.#last;
    this.#unsent += 1;
    return new Promise((resolve, reject) => {
      this.#calls.set(id, { id, command, epoch: null, accepted: false, resolve, reject });
    });
  }

  /** Resolves when no call waits any more. */
  async allSettled(): Promise<void> {
    if (this.size > 0) await new Promise<void>((resolve) => void this.#whenEmpty.push(resolve));
  }

  unsent(): readonly WaitingCall[] {
    if (this.#unsent === 0) return [];
    return [...this.#calls.values()].filter(({ epoch }) => epoch === null);
  }

  markSent(id: number, epoch: number): void {
    this.#move(id, epoch);
  }

  /** Ignores a leader that was given up: another one may have the call by now. */
  markAccepted(id: number, epoch: number): void {
    const call = this.#calls.get(id);
    if (call?.epoch === epoch) call.accepted = true;
  }

  settle(id: number, epoch: number, outcome: Outcome<unknown>): void {
    const call = this.#calls.get(id);
    if (call?.epoch !== epoch) return;
    this.#remove(call);
    if (outcome.ok) call.resolve(outcome.value);
    else call.reject(fromWire(outcome.error));
  }

  /** Marks a call to be sent again. */
  takeBack(id: number, epoch: number): void {
    if (this.#calls.get(id)?.epoch === epoch) this.#move(id, null);
  }

  /**
   * Stops waiting for the answers of a leadership.
   *
   * @param hasEnded whether it will execute nothing more; a frozen leader will when it wakes up
   */
  giveUp(epoch: number, hasEnded = true): void {
    for (const call of [...this.#calls.values()]) {
      if (call.epoch !== epoch) continue;
      if ((call.accepted || !hasEnded) && leavesDoubt(call.command)) this.#fail(call, outcomeUnknown(call.command));
      else this.takeBack(call.id, epoch);
    }
  }

  /** Fails every call that no leader has. */
  failUnsent(reason: unknown): void {
    for (const call of [...this.#calls.values()]) if (call.epoch === null) this.#fail(call, reason);
  }

  #fail(call: Entry, reason: unknown): void {
    this.#remove(call);
    call.reject(reason);
  }

  #move(id: number, epoch: number | null): void {
    const call = this.#calls.get(id);
    if (call === undefined) return;
    this.#unsent += Number(epoch === null) - Number(call.epoch === null);
    Object.assign(call, { epoch, accepted: false });
  }

  #remove({ id, epoch }: Entry): void {
    if (epoch === null) this.#unsent -= 1;
    this.#calls.delete(id);
    if (this.size === 0) for (const resolve of this.#whenEmpty.splice(0)) resolve();
  }
}

function outcomeUnknown({ kind }: Command): OutcomeUnknown {
  return new OutcomeUnknown(
    `The tab that has the database open was closed or frozen during ${kind}: the change is stored whole or not ` +
      'at all. Check before repeating it.',
  );
}
