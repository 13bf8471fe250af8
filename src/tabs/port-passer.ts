/**
 * Passes message ports from tab to tab, and nothing else: the job of the SharedWorker of all tabs.
 *
 * A port cannot be sent over a channel; it takes a broker to which both tabs already have a port.
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
        // A member that is gone never answers: the tabs then talk over the channel.
        this.#members
          .get(request.to)
          ?.postMessage({ type: 'port', from: request.from } satisfies PortReply, [...ports]);
        break;
      case 'leave':
        this.#members.delete(request.id);
    }
  }

  /** A tab that is killed does not announce that it leaves. */
  async #forgetAtItsEnd(id: MemberId): Promise<void> {
    // Without locks its end goes unnoticed; ports passed to it get no answer, and the tabs talk over the channel.
    const forget = (): unknown => this.#members.delete(id);
    await this.#locks?.request(aliveLock(id), { mode: 'shared' }, forget).catch(() => {});
  }
}
