/** A core on the calling thread, for `worker: false`, which behaves like one in a worker. */
import { builtin, keepAlive } from '../runtime.ts';
import { makeCore } from '../sql/make-core.ts';
import { startSqlite } from '../vfs/start-sqlite.ts';
import type { ChangeListener, CoreClient, LaterCommand } from './client.ts';
import type { Answer, Answers, Command, CoreConfig } from './contract.ts';
import { OwnChanges } from './durable-changes.ts';
import { revived } from './error-classes.ts';
import type { CommandRunner } from './host.ts';
import { isShared } from './is-shared.ts';
import { startPorts, watchPage } from './shared-watch.ts';

export class LocalClient implements CoreClient {
  readonly #core: CommandRunner;
  readonly #end = new AbortController();
  readonly #changes = new OwnChanges();
  #isShared = false;

  private constructor(core: CommandRunner) {
    this.#core = core;
    core.onChanges?.((changes) => this.#changes.listener(changes));
  }

  static async start(): Promise<LocalClient> {
    return new LocalClient(await platformCore());
  }

  open(config: CoreConfig): Promise<Answers['open']> {
    return this.#answer(this.#opening(config));
  }

  async call<C extends LaterCommand>(command: C): Promise<Answer<C>> {
    const answer = await this.#answer(command);
    // A shared core reports all changes itself.
    if (!this.#isShared) this.#changes.tellAfter(command, answer);
    return answer;
  }

  async #answer<C extends Command>(command: C): Promise<Answer<C>> {
    const stop = keepAlive();
    try {
      return await this.#core.call(command);
    } catch (error) {
      throw revived(error);
    } finally {
      stop();
    }
  }

  get lost(): null {
    return null;
  }

  onChanges(listener: ChangeListener): void {
    this.#changes.listener = listener;
  }

  async close(): Promise<void> {
    this.#end.abort();
    await this.#core.call({ kind: 'close' });
  }

  #opening(config: CoreConfig): Extract<Command, { readonly kind: 'open' }> {
    const command = { kind: 'open', config } as const;
    if (!isShared(config)) return command;
    this.#isShared = true;
    watchPage(this.#end.signal, (isAway) => this.#core.setAway?.(isAway));
    const ports = startPorts();
    return ports === undefined ? command : { ...command, ports };
  }
}

/** Loads only the platform's own media and engines. In a worker the choice of script decides that. */
async function platformCore(): Promise<CommandRunner> {
  if (builtin('node:fs') !== undefined) {
    const [{ hostMedia }, { openServerDatabase }] = await Promise.all([
      import('../media/open-on-host.ts'),
      import('../sql/engines/servers/open-server.ts'),
    ]);
    return makeCore(hostMedia, openServerDatabase);
  }
  const [{ browserMedia }, { TabCore }] = await Promise.all([
    import('../media/open-in-browser.ts'),
    import('../tabs/tab-core.ts'),
  ]);
  return new TabCore({ makeCore: () => makeCore(browserMedia), warmUp: startSqlite });
}
