/**
 * The browsers that tests drive, with one small interface: real ones, as Debian brings them.
 *
 * ```ts
 * await using server = await startServer({ '/dist/': dist, '/': { type: 'text/html', body: '<!doctype html>' } });
 * await using browser = await openBrowser('chromium');
 * const page = await browser.newPage(`${server.origin}/`);
 * const info = await page.evaluate(async (name) => name.length, 'text');
 * ```
 */
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { openPuppeteer, puppeteerFolder } from './puppeteer.ts';
import { openWebKit } from './web-kit.ts';

export type BrowserName = 'chromium' | 'firefox' | 'webkit';
export const browserNames: readonly BrowserName[] = ['chromium', 'firefox', 'webkit'];

export interface Page {
  /**
   * Runs a function in the page, or evaluates a text that is one expression, and gives what it resolves
   * with, as JSON carries it. A function is sent as its text: it sees nothing of the test but `argument`,
   * and `import()` in it works only in a text, for vitest rewrites it. An error of the page is thrown as
   * {@link PageError}. Many calls may wait at once, in one page and in several.
   */
  evaluate<T>(program: string): Promise<T>;
  evaluate<T, A>(program: (argument: A) => T | Promise<T>, argument: A): Promise<T>;
  evaluate<T>(program: () => T | Promise<T>): Promise<T>;
  /** Loads another page in the same tab, or the same one again. */
  goto(url: string): Promise<void>;
  close(): Promise<void>;
  /** Stops everything in the tab, as browsers do with tabs in the background, or lets it go on. Chromium alone. */
  freeze?(frozen: boolean): Promise<void>;
  /** Stops the page's worker at its next statement, as a debugger does, or lets it go on. Chromium alone. */
  pauseWorker?(paused: boolean): Promise<void>;
  /** Gives the site of the page no more space than so many bytes; with null, as much as before. Chromium alone. */
  limitStorage?(bytes: number | null): Promise<void>;
  /** Ends the process of the tab at once, and with it every other page in that process. Chromium alone. */
  crash?(): Promise<void>;
  /** The process that the page runs in, for signals; others may run there too. Nobody else is to be busy meanwhile. */
  process?(): Promise<number>;
}

export interface Browser extends AsyncDisposable {
  readonly name: BrowserName;
  /** Such as `Chrome/156.0.8078.108`. */
  readonly version: string;
  /** Opens a tab. Resolves when the page has loaded. */
  newPage(url: string): Promise<Page>;
  /** Ends the browser at once, as a crash would; resolves when its main process is gone. */
  kill(): Promise<void>;
  /** Ends it in order. Idempotent; after `kill` there is nothing left to do. */
  close(): Promise<void>;
}

export interface BrowserOptions {
  /** A folder that keeps the profile: what was stored is there when it is opened again. Unless given, a new one. */
  readonly profile?: string;
  /** What else it is started with. Not for WebKitGTK. */
  readonly flags?: readonly string[];
}

/** What went wrong in a page, with the name, the code and the stack that it had there. */
export class PageError extends Error {
  readonly code: string | undefined;

  constructor(error: {
    readonly name: string;
    readonly message: string;
    readonly code?: string;
    readonly stack?: string;
  }) {
    super(error.message);
    this.name = error.name;
    this.code = error.code;
    if (error.stack) this.stack = `${error.name}: ${error.message}\n${error.stack}`;
  }
}

const programs: Readonly<Record<BrowserName, readonly (readonly [program: string, debianPackage: string])[]>> = {
  chromium: [['chromium', 'chromium']],
  firefox: [['firefox-esr', 'firefox-esr']],
  webkit: [
    ['WebKitWebDriver', 'webkit2gtk-driver'],
    ['Xvfb', 'xvfb'],
  ],
};

/** Why a browser cannot be driven here, a reason to skip a test with; null when it can. */
export function missingBrowser(name: BrowserName): string | null {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  const has = (program: string): boolean => folders.some((folder) => existsSync(join(folder, program)));
  const missing = programs[name].filter(([program]) => !has(program)).map(([, debianPackage]) => debianPackage);
  if (name !== 'webkit' && !existsSync(puppeteerFolder)) missing.push('puppeteer-core');
  if (missing.length === 0) return null;
  return `missing: ${missing.join(', ')}; CINDERLIB_TEST_ALL=1 npm test installs it, as root on Debian`;
}

export function openBrowser(name: BrowserName, options: BrowserOptions = {}): Promise<Browser> {
  return name === 'webkit' ? openWebKit(options) : openPuppeteer(name, options);
}
