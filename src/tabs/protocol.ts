/**
 * The messages between the tabs that have one database open: types only.
 *
 * Each tab is a member. One of them leads: it holds the database's lock, has the database open and runs the
 * commands of all. {@link Notice}s go to every member over a channel. {@link Request}s and {@link Reply}s go
 * between a member and the leader: over a port of their own, or, where no ports can be passed, wrapped in notices.
 */
import type { Answers, Command, Outcome, WireError } from '../rpc/contract.ts';
import type { DurableChange } from '../rpc/durable-changes.ts';

/** One context in one tab. */
export type MemberId = string;

/** The options of a database that have to be the same in every tab. */
export interface SharedOptions {
  readonly soft_deletes: boolean;
  readonly sqlite_synchronous: boolean;
}

/** From a member to the leader. */
export type Request =
  /** Asks to join; answered with `welcome` or `refused`. */
  | { readonly type: 'hello'; readonly options: SharedOptions }
  | { readonly type: 'call'; readonly id: number; readonly command: Command }
  /** A bulk of the member is under way: the answer to `ask`. */
  | { readonly type: 'bulk' };

/** From the leader to a member. */
export type Reply =
  | { readonly type: 'welcome'; readonly opened: Answers['open'] }
  | { readonly type: 'refused'; readonly error: WireError }
  /** The call will be run: sending it again from now on may run it twice. */
  | { readonly type: 'accepted'; readonly id: number }
  | { readonly type: 'answer'; readonly id: number; readonly outcome: Outcome<unknown> }
  /** Others wait for the member's bulk: is the member still at work on it? */
  | { readonly type: 'ask' }
  /** The leader's last word, after every answer. */
  | { readonly type: 'ended' };

/** To every member. `epoch` numbers the leaderships of a database; a higher one is a later one. */
export type Notice =
  /** Asks who leads. `epoch`: the latest leadership that the member knows of; tabs with an older library do not tell it. */
  | { readonly type: 'who'; readonly epoch?: number }
  | {
      readonly type: 'leader';
      /** The leader's `wireVersion`: only members that have the same one may follow. */
      readonly version: number;
      readonly id: MemberId;
      readonly epoch: number;
      /** `opening`: calls have to wait, but are not in doubt. */
      readonly state: 'opening' | 'open';
    }
  /** Changes that have become durable, in that order. */
  | { readonly type: 'changes'; readonly origin: MemberId; readonly changes: readonly DurableChange[] }
  | { readonly type: 'request'; readonly to: MemberId; readonly from: MemberId; readonly request: Request }
  | { readonly type: 'reply'; readonly to: MemberId; readonly epoch: number; readonly reply: Reply };

/** To the port passer, and back. */
export type PortRequest =
  | { readonly type: 'join'; readonly id: MemberId }
  /** Comes with the port for the member `to`. */
  | { readonly type: 'pass'; readonly to: MemberId; readonly from: MemberId }
  | { readonly type: 'leave'; readonly id: MemberId };
export type PortReply =
  | { readonly type: 'joined' }
  /** Comes with the port. */
  | { readonly type: 'port'; readonly from: MemberId };
