/** WebKitGTK, driven by its own WebDriver over HTTP, on a virtual display. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Browser, BrowserOptions, Page } from './browser.ts';
import { openDisplay } from './display.ts';
import { pageProgram, resultOf } from './page-program.ts';

/** Keeps programs' results in the page until they are fetched: the driver can wait for only one program at a time. */
const results = 'globalThis.__results';

export async function openWebKit({ profile }: BrowserOptions): Promise<Browser> {
  if (profile !== undefined) {
    throw new Error('WebKitGTK keeps nothing while a driver holds it: a profile of it cannot be opened again.');
  }
  const folder = mkdtempSync(join(tmpdir(), 'webkit-'));
  const display = await openDisplay();
  const driver = await startDriver(display.name, folder);
  const session = await Session.start(driver.url);
  let isOpen = true;
  const end = async (signal: 'SIGTERM' | 'SIGKILL'): Promise<void> => {
    if (!isOpen) return;
    isOpen = false;
    if (signal === 'SIGTERM') await session.end().catch(() => {});
    await driver.end(signal);
    await display.close();
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  };
  return {
    name: 'webkit',
    version: session.version,
    newPage: (url) => session.newPage(url),
    kill: () => end('SIGKILL'),
    close: () => end('SIGTERM'),
    [Symbol.asyncDispose]: () => end('SIGTERM'),
  };
}

interface Driver {
  readonly url: string;
  end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void>;
}

async function startDriver(display: string, folder: string): Promise<Driver> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  // Detached: the browser consists of several processes, which are killed as a process group.
  const child: ChildProcess = spawn('WebKitWebDriver', [`--port=${port}`, '--host=127.0.0.1'], {
    stdio: 'ignore',
    detached: true,
    env: {
      ...process.env,
      DISPLAY: display,
      XDG_DATA_HOME: join(folder, 'data'),
      XDG_CACHE_HOME: join(folder, 'cache'),
      XDG_CONFIG_HOME: join(folder, 'config'),
      GIO_USE_VFS: 'local',
      NO_AT_BRIDGE: '1',
      DBUS_SESSION_BUS_ADDRESS: 'disabled:',
    },
  });
  const ended = once(child, 'exit');
  const signalGroup = (signal: 'SIGTERM' | 'SIGKILL'): void => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, signal);
    } catch {
      // No process of the group is left.
    }
  };
  const onExit = (): void => signalGroup('SIGKILL');
  process.once('exit', onExit);
  for (let tries = 0; !(await answers(`${url}/status`)); tries++) {
    if (tries === 100 || child.exitCode !== null) throw new Error('WebKitWebDriver did not start.');
    await sleep(100);
  }
  return {
    url,
    async end(signal) {
      process.off('exit', onExit);
      signalGroup(signal);
      await ended;
      signalGroup('SIGKILL');
    },
  };
}

/** One browser: the driver does one thing at a time, in the selected window. */
class Session {
  readonly version: string;
  readonly #url: string;
  /** The end of the queue of requests so far. */
  #last: Promise<unknown> = Promise.resolve();
  #calls = 0;
  /** The browser's first window, which stays open: closing the last window would end the browser. */
  readonly #first: string;

  private constructor(url: string, version: string, first: string) {
    this.#url = url;
    this.version = version;
    this.#first = first;
  }

  static async start(driver: string): Promise<Session> {
    const options = { binary: miniBrowser(), args: ['--automation'] };
    const alwaysMatch = { browserName: 'MiniBrowser', 'webkitgtk:browserOptions': options };
    const created = await request<{
      readonly sessionId: string;
      readonly capabilities: { readonly browserName: string; readonly browserVersion: string };
    }>('POST', `${driver}/session`, { capabilities: { alwaysMatch } });
    const url = `${driver}/session/${created.sessionId}`;
    await request('POST', `${url}/timeouts`, { script: 60_000, pageLoad: 60_000 });
    const { browserVersion } = created.capabilities;
    return new Session(url, `WebKitGTK/${browserVersion}`, await request('GET', `${url}/window`));
  }

  end(): Promise<unknown> {
    return this.#inTurn(() => request('DELETE', this.#url));
  }

  async newPage(url: string): Promise<Page> {
    const { handle } = await this.#inWindow(this.#first, () =>
      request<{ readonly handle: string }>('POST', `${this.#url}/window/new`, { type: 'tab' }),
    );
    const goto = async (to: string): Promise<void> => {
      await this.#inWindow(handle, () => request('POST', `${this.#url}/url`, { url: to }));
    };
    await goto(url);
    return {
      goto,
      evaluate: <T>(program: string | ((argument: never) => unknown), argument?: unknown) =>
        this.#evaluate<T>(handle, pageProgram(program, argument)),
      close: async () => {
        await this.#inWindow(handle, () => request('DELETE', `${this.#url}/window`));
      },
    };
  }

  /** Starts the program, then polls for its result, so that other pages can be used meanwhile. */
  async #evaluate<T>(handle: string, program: string): Promise<T> {
    const id = ++this.#calls;
    const execute = (script: string): Promise<string | null> =>
      this.#inWindow(handle, () => request('POST', `${this.#url}/execute/sync`, { script, args: [] }));
    const started = `const all = (${results} ??= {}); ${program}.then((text) => { all[${id}] = text; });`;
    const taken = `const text = ${results}[${id}] ?? null; delete ${results}[${id}]; return text;`;
    await execute(started);
    for (let wait = 1; ; wait = Math.min(wait * 2, 50)) {
      const text = await execute(taken);
      if (text !== null) return resultOf<T>(text);
      await sleep(wait);
    }
  }

  #inWindow<T>(handle: string, use: () => Promise<T>): Promise<T> {
    return this.#inTurn(async () => {
      await request('POST', `${this.#url}/window`, { handle });
      return use();
    });
  }

  #inTurn<T>(use: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(use, use);
    this.#last = turn.catch(() => {});
    return turn;
  }
}

async function request<T>(method: string, url: string, body?: unknown): Promise<T> {
  const response = await fetch(url, { method, ...(body !== undefined && { body: JSON.stringify(body) }) });
  const { value } = (await response.json()) as { value: T & { error?: string; message?: string } };
  if (!response.ok) throw new Error(`${method} ${url}: ${value?.error}: ${value?.message}`);
  return value;
}

async function answers(url: string): Promise<boolean> {
  return fetch(url).then(
    (response) => response.ok,
    () => false,
  );
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  await new Promise((closed) => server.close(closed));
  if (address === null || typeof address === 'string') throw new Error('There is no free port.');
  return address.port;
}

/** MiniBrowser is not on the path, but in the folder of the machine's architecture. */
function miniBrowser(): string {
  const folders = readdirSync('/usr/lib').map((folder) => join('/usr/lib', folder, 'webkit2gtk-4.1/MiniBrowser'));
  const found = folders.find((path) => existsSync(path));
  if (found === undefined) throw new Error('webkit2gtk-driver is installed without its MiniBrowser.');
  return found;
}
