/** A member's connection to the port passer. Where there is none it never becomes ready, and nobody waits for it. */
import type { MemberId, PortReply, PortRequest } from './protocol.ts';

export class PortClient {
  /** Resolves when the passer has answered. */
  readonly ready: Promise<void>;
  readonly #port: MessagePort;
  readonly #me: MemberId;

  /** @param onPort called with a port over which another member wants to talk */
  constructor(port: MessagePort, me: MemberId, onPort: (from: MemberId, port: MessagePort) => void) {
    this.#port = port;
    this.#me = me;
    this.ready = new Promise((resolve) => {
      port.onmessage = ({ data, ports: [passed] }: MessageEvent<PortReply>) => {
        if (data.type === 'joined') resolve();
        else if (passed !== undefined) onPort(data.from, passed);
      };
    });
    this.#send({ type: 'join', id: me });
  }

  /** Makes a port to another member; only an answer shows that it has arrived. */
  connect(to: MemberId): MessagePort {
    const { port1, port2 } = new MessageChannel();
    this.#send({ type: 'pass', to, from: this.#me }, [port2]);
    return port1;
  }

  leave(): void {
    this.#send({ type: 'leave', id: this.#me });
    this.#port.close();
    // Chromium keeps the port for as long as the page, and with it everything that its handler refers to.
    this.#port.onmessage = null;
  }

  #send(request: PortRequest, transfer: Transferable[] = []): void {
    this.#port.postMessage(request, transfer);
  }
}
