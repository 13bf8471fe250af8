/** Which tabs the port passer knows, and for how long. */
import { expect, test } from 'vitest';
import { PortPasser } from '../../../src/tabs/port-passer.ts';
import type { MemberId, PortReply, PortRequest } from '../../../src/tabs/protocol.ts';

class Tab {
  readonly #id: MemberId;
  readonly #port: MessagePort;
  readonly heard: string[] = [];
  #joined = (): void => {};

  constructor(passer: PortPasser, id: MemberId) {
    const { port1, port2 } = new MessageChannel();
    passer.admit(port1);
    this.#id = id;
    this.#port = port2;
    port2.onmessage = ({ data }: MessageEvent<PortReply>): void => {
      if (data.type === 'joined') this.#joined();
      else this.heard.push(data.from);
    };
  }

  /** Resolves once both sides have processed everything sent before. */
  join(): Promise<void> {
    return new Promise((resolve) => {
      this.#joined = resolve;
      this.#port.postMessage({ type: 'join', id: this.#id } satisfies PortRequest);
    });
  }

  say(request: PortRequest, ports: MessagePort[] = []): void {
    this.#port.postMessage(request, ports);
  }

  close(): void {
    this.#port.close();
  }
}

test('without web locks, a tab is known until it leaves', async () => {
  const passer = new PortPasser();
  const [a, b] = [new Tab(passer, 'a'), new Tab(passer, 'b')];
  await a.join();
  await b.join();
  const { port1, port2 } = new MessageChannel();
  a.say({ type: 'pass', from: 'a', to: 'b' }, [port1]);
  await a.join();
  await b.join();
  expect(b.heard).toEqual(['a']);
  for (const one of [a, b, port2]) one.close();
});
