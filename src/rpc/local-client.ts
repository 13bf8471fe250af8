/** A core on the calling thread: for `worker: false`, with the same behaviour as one in a worker. */
import { builtin } from '../runtime.ts';
import type { Core } from '../sql/core.ts';
import { makeCore } from '../sql/make-core.ts';
import type { CoreClient } from './client.ts';
import type { Answer, Command } from './contract.ts';

export class LocalClient implements CoreClient {
  readonly #core: Core;

  private constructor(core: Core) {
    this.#core = core;
  }

  static async start(): Promise<LocalClient> {
    return new LocalClient(await platformCore());
  }

  call<C extends Command>(command: C): Promise<Answer<C>> {
    return this.#core.call(command);
  }

  async close(): Promise<void> {
    await this.#core.call({ kind: 'close' });
  }
}

/** Each platform loads its own media and engines only. A worker knows by its script where it is. */
async function platformCore(): Promise<Core> {
  if (builtin('node:fs') === undefined) {
    const { browserMedia } = await import('../media/open-in-browser.ts');
    return makeCore(browserMedia, null);
  }
  const { hostMedia } = await import('../media/open-on-host.ts');
  const { openServerDatabase } = await import('../sql/engines/open-server.ts');
  return makeCore(hostMedia, openServerDatabase);
}
