/** Chromium and Firefox, driven by puppeteer-core, which scripts/native-tools.mjs installs. */
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Browser, BrowserOptions, Page } from './browser.ts';
import { pageProgram, resultOf } from './page-program.ts';
import { findProcess } from './processes.ts';

/** The part of puppeteer-core that is used: the package is installed only where browsers are tested. */
interface Puppeteer {
  launch(options: Readonly<Record<string, unknown>>): Promise<PuppeteerBrowser>;
}
interface PuppeteerBrowser {
  newPage(): Promise<PuppeteerPage>;
  pages(): Promise<PuppeteerPage[]>;
  version(): Promise<string>;
  process(): import('node:child_process').ChildProcess | null;
  close(): Promise<void>;
  disconnect(): Promise<void>;
}
interface PuppeteerPage {
  once(event: 'error', listener: () => void): unknown;
  goto(url: string): Promise<unknown>;
  evaluate(expression: string): Promise<string>;
  close(): Promise<void>;
  createCDPSession(): Promise<DevTools>;
  workers(): { readonly client: DevTools }[];
}
interface DevTools {
  send(method: string, parameters?: unknown): Promise<unknown>;
}

export const puppeteerFolder = fileURLToPath(
  new URL('../../../.cache/browsers/node_modules/puppeteer-core', import.meta.url),
);

/** Turns off all network requests that the browser makes of its own accord. */
const chromiumFlags = [
  ...['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-sync'],
  ...['--disable-background-networking', '--disable-component-update'],
];
const firefoxPreferences = {
  'app.update.enabled': false,
  'browser.safebrowsing.malware.enabled': false,
  'browser.safebrowsing.phishing.enabled': false,
  'datareporting.policy.dataSubmissionEnabled': false,
  'extensions.systemAddon.update.enabled': false,
  'network.captive-portal-service.enabled': false,
  'network.connectivity-service.enabled': false,
  'network.dns.disablePrefetch': true,
  'network.prefetch-next': false,
  'services.settings.server': 'data:,',
  'toolkit.telemetry.enabled': false,
};

export async function openPuppeteer(
  name: 'chromium' | 'firefox',
  { profile, flags = [] }: BrowserOptions,
): Promise<Browser> {
  const folder = profile ?? mkdtempSync(join(tmpdir(), `${name}-`));
  const forget = (): void => {
    if (profile === undefined) rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  };
  const puppeteer = await loadPuppeteer();
  const browser = await puppeteer.launch({
    browser: name === 'chromium' ? 'chrome' : 'firefox',
    executablePath: name === 'chromium' ? '/usr/bin/chromium' : '/usr/bin/firefox-esr',
    headless: true,
    userDataDir: folder,
    args: [...(name === 'chromium' ? chromiumFlags : []), ...flags],
    extraPrefsFirefox: firefoxPreferences,
    // A busy machine may take a while.
    timeout: 60_000,
    protocolTimeout: 300_000,
  });
  const child = browser.process();
  if (child === null) throw new Error(`${name} runs without a process of its own.`);
  const ended = child.exitCode === null ? once(child, 'exit') : Promise.resolve();
  const close = async (): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) await browser.close();
    await ended;
    await preferencesRestored(folder);
    forget();
  };
  return {
    name,
    version: await browser.version(),
    async newPage(url) {
      const page = await browser.newPage();
      await page.goto(url);
      return pageOf(page, name === 'chromium', child.pid ?? 0);
    },
    async kill() {
      child.kill('SIGKILL');
      await ended;
      await preferencesRestored(folder);
      await browser.disconnect().catch(() => {});
      forget();
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

/**
 * Resolves when puppeteer has put back the preferences that a profile of Firefox had. It begins that when the process has
 * ended, and tells nobody when it is done: a browser started on the profile meanwhile would find a file missing.
 */
async function preferencesRestored(folder: string): Promise<void> {
  const kept = ['user.js.puppeteer', 'prefs.js.puppeteer'].map((file) => join(folder, file));
  for (let waited = 0; waited < 5000 && kept.some((file) => existsSync(file)); waited += 5) await sleep(5);
}

function pageOf(page: PuppeteerPage, isChromium: boolean, browserProcess: number): Page {
  const send = async (method: string, parameters?: unknown): Promise<void> => {
    const session = await page.createCDPSession();
    await session.send(method, parameters);
  };
  return {
    crashed: new Promise((resolve) => page.once('error', () => resolve())),
    async evaluate<T>(program: string | ((argument: never) => unknown), argument?: unknown): Promise<T> {
      return resultOf<T>(await page.evaluate(pageProgram(program, argument)));
    },
    async goto(url) {
      await page.goto(url);
    },
    close: () => page.close(),
    process: () => findProcess(browserProcess, (expression) => page.evaluate(expression)),
    ...(isChromium && {
      freeze: (frozen: boolean) => send('Page.setWebLifecycleState', { state: frozen ? 'frozen' : 'active' }),
      pauseWorker: async (paused: boolean) => {
        const client = page.workers()[0]?.client;
        await client?.send('Debugger.enable');
        await client?.send(paused ? 'Debugger.pause' : 'Debugger.resume');
      },
      limitStorage: async (bytes: number | null) => {
        const origin = resultOf<string>(await page.evaluate(pageProgram('location.origin')));
        await send('Storage.overrideQuotaForOrigin', bytes === null ? { origin } : { origin, quotaSize: bytes });
      },
      clearStorage: async () => {
        const origin = resultOf<string>(await page.evaluate(pageProgram('location.origin')));
        await send('Storage.clearDataForOrigin', { origin, storageTypes: 'all' });
      },
      // No process is left to answer.
      crash: () =>
        Promise.race([send('Page.crash').catch(() => {}), new Promise<void>((done) => setTimeout(done, 500))]),
    }),
  };
}

async function loadPuppeteer(): Promise<Puppeteer> {
  const entry = join(puppeteerFolder, 'lib/esm/puppeteer/puppeteer-core.js');
  if (!existsSync(entry)) throw new Error(`${entry} is missing; npm test installs it.`);
  const { default: puppeteer } = (await import(pathToFileURL(entry).href)) as { default: Puppeteer };
  return puppeteer;
}
