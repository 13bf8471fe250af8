/**
 * A member's connection to one leader: joins it, sends calls, receives the answers.
 *
 * It says hello over the channel, which always works, and over a port once there is one. Calls go over the
 * port as soon as no call sent over the channel awaits its answer: so they arrive in the order of sending.
 */
import { whenFree } from '../media/locks/held-lock.ts';
import type { Answers, Outcome } from '../rpc/contract.ts';
import { fromWire } from '../rpc/errors.ts';
import { aliveLock } from './names.ts';
import type { PortClient } from './port-client.ts';
import type { MemberId, Reply, Request, SharedOptions } from './protocol.ts';
import type { WaitingCall } from './waiting-calls.ts';

/** How long a sign of life counts, in milliseconds. */
const signLasts = 1000;

export interface LeaderConnectionEvents {
  welcome(opened: Answers['open']): void;
  refused(reason: Error): void;
  accepted(id: number): void;
  answer(id: number, outcome: Outcome<unknown>): void;
  /** Whether a bulk of ours is under way. */
  hasBulk(): boolean;
  /** The leader is gone. `isGraceful`: it said so itself, after its last answer. */
  gone(isGraceful: boolean): void;
  /** The leader gave a sign of life. */
  heard(): void;
}

export interface LeaderConnectionParts {
  readonly leader: MemberId;
  readonly epoch: number;
  readonly options: SharedOptions;
  readonly locks: LockManager;
  readonly ports: PortClient | null;
  /** Whether it is certain that a leader which does not answer never executes what was sent to it. */
  readonly isFenced: boolean;
  /** Sends over the channel. */
  readonly send: (request: Request) => void;
}

export class LeaderConnection {
  readonly epoch: number;
  readonly #parts: LeaderConnectionParts;
  readonly #events: LeaderConnectionEvents;
  readonly #end = new AbortController();
  /** Calls sent over the channel that await their answer. */
  readonly #overChannel = new Set<number>();
  #port: MessagePort | null = null;
  #usesPort = false;
  #heardAt = performance.now();
  #refusal: Error | null = null;
  #state: 'greeting' | 'welcome' | 'refused' | 'ended' = 'greeting';

  constructor(parts: LeaderConnectionParts, events: LeaderConnectionEvents) {
    this.epoch = parts.epoch;
    this.#parts = parts;
    this.#events = events;
    whenFree(parts.locks, aliveLock(parts.leader), this.#end.signal, () => this.#gone(false));
    parts.send(this.#hello);
    void parts.ports?.ready.then(() => this.#greetOverPort());
  }

  /** Why the leader refuses us; null when it does not. */
  get refusal(): Error | null {
    return this.#refusal;
  }

  /**
   * Whether calls may be sent. Where one could not tell later whether a frozen leader has executed them, asks it
   * for a sign of life first, unless it has just given one.
   */
  isListening(): boolean {
    if (this.#state !== 'welcome') return false;
    if (this.#parts.isFenced || performance.now() - this.#heardAt < signLasts) return true;
    this.#transmit(this.#hello);
    return false;
  }

  send({ id, command }: WaitingCall): void {
    const request: Request = { type: 'call', id, command };
    this.#usesPort ||= this.#port !== null && this.#overChannel.size === 0;
    if (!this.#usesPort) this.#overChannel.add(id);
    this.#transmit(request);
  }

  /** Takes a reply that came over the channel. */
  hear(reply: Reply): void {
    this.#heardAt = performance.now();
    this.#understand(reply);
    this.#events.heard();
  }

  /** Stops listening. */
  close(): void {
    this.#state = 'ended';
    this.#end.abort();
    this.#port?.close();
  }

  #transmit(request: Request): void {
    if (this.#usesPort) this.#port?.postMessage(request);
    else this.#parts.send(request);
  }

  get #hello(): Request {
    return { type: 'hello', options: this.#parts.options };
  }

  #understand(reply: Reply): void {
    switch (reply.type) {
      case 'welcome':
        this.#welcome(reply.opened);
        break;
      case 'refused':
        this.#state = 'refused';
        this.#refusal = fromWire(reply.error);
        this.#events.refused(this.#refusal);
        break;
      case 'accepted':
        this.#events.accepted(reply.id);
        break;
      case 'answer':
        this.#overChannel.delete(reply.id);
        this.#events.answer(reply.id, reply.outcome);
        break;
      case 'ask':
        if (this.#events.hasBulk()) this.#transmit({ type: 'bulk' });
        break;
      case 'ended':
        if (!this.#usesPort) this.#gone(true);
    }
  }

  #welcome(opened: Answers['open']): void {
    if (this.#state !== 'greeting') return;
    this.#state = 'welcome';
    this.#events.welcome(opened);
  }

  #greetOverPort(): void {
    if (this.#end.signal.aborted) return;
    const port = this.#parts.ports?.connect(this.#parts.leader);
    if (port === undefined) return;
    this.#end.signal.addEventListener('abort', () => port.close());
    port.onmessage = ({ data }: MessageEvent<Reply>) => this.#hearOverPort(port, data);
    port.postMessage(this.#hello);
  }

  #hearOverPort(port: MessagePort, reply: Reply): void {
    if (reply.type === 'welcome') this.#port = port;
    // Its last word counts only on the way that answers take; on the other it may overtake them.
    if (reply.type !== 'ended') this.hear(reply);
    else if (this.#usesPort) this.#gone(true);
  }

  #gone(isGraceful: boolean): void {
    if (this.#state === 'ended' || this.#end.signal.aborted) return;
    this.#state = 'ended';
    this.#events.gone(isGraceful);
  }
}
