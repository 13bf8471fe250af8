/** A core on the calling thread: for `worker: false`, with the same behaviour as one in a worker. */
import { makeCore } from '../sql/make-core.ts';
import type { CoreClient } from './client.ts';
import type { Answer, Command } from './contract.ts';

export class LocalClient implements CoreClient {
  readonly #core = makeCore();

  call<C extends Command>(command: C): Promise<Answer<C>> {
    return this.#core.call(command);
  }

  async close(): Promise<void> {
    await this.#core.call({ kind: 'close' });
  }
}
