/** A core on the calling thread: for `worker: false`, with the same behaviour as one in a worker. */
import type { Media } from '../media/media.ts';
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
    return new LocalClient(makeCore(await platformMedia()));
  }

  call<C extends Command>(command: C): Promise<Answer<C>> {
    return this.#core.call(command);
  }

  async close(): Promise<void> {
    await this.#core.call({ kind: 'close' });
  }
}

/** Each platform loads its own media only. A worker knows by its script where it is. */
async function platformMedia(): Promise<Media> {
  if (builtin('node:fs') !== undefined) return (await import('../media/open-on-host.ts')).hostMedia;
  return (await import('../media/open-in-browser.ts')).browserMedia;
}
