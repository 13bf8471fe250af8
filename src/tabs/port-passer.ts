/**
 * Passes message ports from tab to tab, and nothing else: what the SharedWorker of all tabs does.
 *
 * A port cannot be sent over a channel; it needs somebody whom both tabs have a port to already.
 */
import { aliveLock } from './names.ts';
import type { MemberId, PortReply, PortRequest } from './protocol.ts';

export class PortPasser {
  readonly #members = new Map<MemberId, MessagePort>();
  readonly #locks: LockManager | undefined;

  constructor(locks?: LockManager) {
    this.#locks = locks;
  }

  /** Takes a tab's port. */
  admit(port: MessagePort): void {
    port.onmessage = ({ data, ports }: MessageEvent<PortRequest>): void => this.#take(port, data, ports);
  }

  #take(port: MessagePort, request: PortRequest, ports: readonly MessagePort[]): void {
    switch (request.type) {
      case 'join':
        this.#members.set(request.id, port);
        port.postMessage({ type: 'joined' } satisfies PortReply);
        void this.#forgetAtItsEnd(request.id);
        break;
      case 'pass':
        // Whoever is not there never answers: the tabs talk over the channel then.
        this.#members
          .get(request.to)
          ?.postMessage({ type: 'port', from: request.from } satisfies PortReply, [...ports]);
        break;
      case 'leave':
        this.#members.delete(request.id);
    }
  }

  /** A tab that is killed does not say that it leaves. */
  async #forgetAtItsEnd(id: MemberId): Promise<void> {
    // Without locks nobody tells; what is passed to who has gone gets no answer, and the tabs talk over the channel.
    if (this.#locks === undefined) return;
    await this.#locks.request(aliveLock(id), { mode: 'shared' }, () => {});
    this.#members.delete(id);
  }
}
