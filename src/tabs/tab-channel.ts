/** A member's end of the channel that all members of a database hear: sends notices, and dispatches incoming ones. */
import type { DurableChange } from '../rpc/durable-changes.ts';
import type { MemberId, Notice, Reply, Request } from './protocol.ts';

export type LeaderNotice = Notice & { readonly type: 'leader' };

export interface ChannelEvents {
  /** A member asks who leads, and knows of that leadership. */
  who(epoch: number): void;
  leader(notice: LeaderNotice): void;
  changes(origin: MemberId, changes: readonly DurableChange[]): void;
  /** A member sends us a request, in case we lead. */
  request(from: MemberId, request: Request): void;
  /** The leader of that epoch answers us. */
  reply(epoch: number, reply: Reply): void;
}

export class TabChannel {
  readonly #channel: BroadcastChannel;
  #isClosed = false;

  constructor(channel: BroadcastChannel, me: MemberId, events: ChannelEvents) {
    this.#channel = channel;
    channel.onmessage = ({ data: notice }: MessageEvent<Notice>): void => {
      switch (notice.type) {
        case 'who':
          events.who(notice.epoch ?? 0);
          break;
        case 'leader':
          events.leader(notice);
          break;
        case 'changes':
          events.changes(notice.origin, notice.changes);
          break;
        case 'request':
          if (notice.to === me) events.request(notice.from, notice.request);
          break;
        case 'reply':
          if (notice.to === me) events.reply(notice.epoch, notice.reply);
      }
    };
  }

  tell(notice: Notice): void {
    // A command that is under way when the member leaves may still report.
    if (!this.#isClosed) this.#channel.postMessage(notice);
  }

  close(): void {
    this.#isClosed = true;
    this.#channel.close();
  }
}
