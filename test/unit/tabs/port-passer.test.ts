/** Which tabs the port passer knows, and for how long. */
import { expect, test } from 'vitest';
import { holdLock } from '../../../src/media/locks/held-lock.ts';
import { aliveLock } from '../../../src/tabs/names.ts';
import { PortPasser } from '../../../src/tabs/port-passer.ts';
import type { MemberId, PortReply, PortRequest } from '../../../src/tabs/protocol.ts';
import { FakeLocks } from '../../support/fake-locks.ts';

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

  /** Joins, and resolves once both sides have processed everything sent before. */
  join(id = this.#id): Promise<void> {
    return new Promise((resolve) => {
      this.#joined = resolve;
      this.say({ type: 'join', id });
    });
  }

  say(request: PortRequest, ports: MessagePort[] = []): void {
    this.#port.postMessage(request, ports);
  }

  close(): void {
    this.#port.close();
  }
}

/** Two tabs that have joined; `pass` has the first pass a port to the second, and resolves once that has arrived. */
async function twoTabs(passer: PortPasser) {
  const [a, b] = [new Tab(passer, 'a'), new Tab(passer, 'b')];
  await a.join();
  await b.join();
  const pass = async (): Promise<void> => {
    const { port1, port2 } = new MessageChannel();
    a.say({ type: 'pass', from: 'a', to: 'b' }, [port1]);
    await a.join();
    // Under another name: as `b` it would be known again.
    await b.join('b, only to wait');
    port2.close();
  };
  const close = (): void => {
    for (const tab of [a, b]) tab.close();
  };
  return { b, pass, close };
}

test('without web locks, a tab is known until it leaves', async () => {
  const { b, pass, close } = await twoTabs(new PortPasser());
  await pass();
  expect(b.heard).toEqual(['a']);
  b.say({ type: 'leave', id: 'b' });
  await b.join('b, only to wait');
  await pass();
  expect(b.heard).toEqual(['a']);
  close();
});

test('with web locks, a tab that is killed is not known any more', async () => {
  const locks = new FakeLocks();
  await holdLock(locks.client('b'), aliveLock('b'));
  const { b, pass, close } = await twoTabs(new PortPasser(locks.client('passer')));
  await pass();
  expect(b.heard).toEqual(['a']);
  locks.kill('b');
  // Granted after the passer's own request.
  await locks.client('test').request(aliveLock('b'), () => {});
  await pass();
  expect(b.heard).toEqual(['a']);
  close();
});

test('a tab whose end cannot be waited for is known until it leaves', async () => {
  const locks = new FakeLocks().client('passer');
  locks.request = () => Promise.reject(new DOMException('no locks here', 'InvalidStateError'));
  const { b, pass, close } = await twoTabs(new PortPasser(locks));
  await pass();
  expect(b.heard).toEqual(['a']);
  close();
});
