/**
 * The browsers that tests drive, as Debian packages them, behind one small interface.
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
   * Runs a function in the page, or evaluates a text that is a single expression, and returns the JSON form of what it
   * resolves with. A function is sent as its source text: it sees nothing of the test except `argument`, and `import()`
   * works only in a text, because vitest rewrites it in functions. An error in the page is thrown as {@link PageError}.
   * Many calls may be pending at once, in one page and in several.
   */
  evaluate<T>(program: string): Promise<T>;
  evaluate<T, A>(program: (argument: A) => T | Promise<T>, argument: A): Promise<T>;
  evaluate<T>(program: () => T | Promise<T>): Promise<T>;
  /** Loads another page in the same tab, or reloads the same one. */
  goto(url: string): Promise<void>;
  close(): Promise<void>;
  /** Resolves when the page's process has crashed. Not for WebKitGTK. */
  readonly crashed?: Promise<void>;
  /** Freezes the tab, as browsers do with background tabs, or lets it continue. Chromium only. */
  freeze?(frozen: boolean): Promise<void>;
  /** Pauses the page's worker at its next statement, as a debugger does, or resumes it. Chromium only. */
  pauseWorker?(paused: boolean): Promise<void>;
  /** Limits the storage quota of the page's site to that many bytes; null removes the limit. Chromium only. */
  limitStorage?(bytes: number | null): Promise<void>;
  /** Deletes everything that the page's site has stored, like "Clear site data". Chromium only. */
  clearStorage?(): Promise<void>;
  /** Kills the tab's process, and with it every other page in that process. Chromium only. */
  crash?(): Promise<void>;
  /** The page's process, for signals; it may run other pages too. No other page may be busy during the call. */
  process?(): Promise<number>;
}

export interface Browser extends AsyncDisposable {
  readonly name: BrowserName;
  /** Such as `Chrome/156.0.8078.108`. */
  readonly version: string;
  /** Opens a tab. Resolves when the page has loaded. */
  newPage(url: string): Promise<Page>;
  /** Kills the browser, as a crash would; resolves when its main process is gone. */
  kill(): Promise<void>;
  /** Closes it in order. Idempotent; does nothing after `kill`. */
  close(): Promise<void>;
}

export interface BrowserOptions {
  /** The folder of a persistent profile, whose storage is there when it is opened again. By default a new one. */
  readonly profile?: string;
  /** Additional command-line flags. Not for WebKitGTK. */
  readonly flags?: readonly string[];
}

/** An error in a page, with the name, code and stack that it had there. */
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

/** Why a browser cannot be driven here, as a reason to skip a test; null if it can. */
export function missingBrowser(name: BrowserName): string | null {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  const has = (program: string): boolean => folders.some((folder) => existsSync(join(folder, program)));
  const missing = programs[name].filter(([program]) => !has(program)).map(([, debianPackage]) => debianPackage);
  if (name !== 'webkit' && !existsSync(puppeteerFolder)) missing.push('puppeteer-core');
  if (missing.length === 0) return null;
  return `missing: ${missing.join(', ')}; npm test installs it, as root on Debian`;
}

export function openBrowser(name: BrowserName, options: BrowserOptions = {}): Promise<Browser> {
  return name === 'webkit' ? openWebKit(options) : openPuppeteer(name, options);
}
