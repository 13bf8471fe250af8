/** The playground, driven in a real browser like a user would. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { missingBrowser, openBrowser, type Page } from './support/browsers/browser.ts';
import { startServer } from './support/browsers/static-server.ts';
import { copyGolden } from './support/golden.ts';

const builder = fileURLToPath(new URL('../scripts/playground.mjs', import.meta.url));
const dist = fileURLToPath(new URL('../dist', import.meta.url));

/** Fills in a form of the page and submits it. */
const submit = (page: Page, form: string, values: Readonly<Record<string, string>>): Promise<void> =>
  page.evaluate(
    ({ form, values }) => {
      const found = document.querySelector<HTMLFormElement>(`#${form}`);
      for (const [name, value] of Object.entries(values)) {
        const field = found?.elements.namedItem(name);
        if (field instanceof HTMLInputElement || field instanceof RadioNodeList) field.value = value;
      }
      found?.requestSubmit();
    },
    { form, values },
  );
const names = (page: Page): Promise<string[]> =>
  page.evaluate(() => [...document.querySelectorAll('#volumes td:first-child')].map((cell) => cell.textContent));
const text = (page: Page, selector: string): Promise<string> =>
  page.evaluate((selector) => document.querySelector(selector)?.textContent ?? '', selector);
const click = (page: Page, selector: string): Promise<void> =>
  page.evaluate((selector) => document.querySelector<HTMLButtonElement>(selector)?.click(), selector);

/** Keeps the file that the page offers for download, as `caught`. */
const catchFile = `(() => {
  HTMLAnchorElement.prototype.click = () => {};
  URL.createObjectURL = (file) => {
    globalThis.caught = file.arrayBuffer();
    return 'data:,';
  };
})()`;

describe.each(['indexeddb', 'opfs'])('the playground on %s', (medium) => {
  test('opens, changes, reopens, shares, exports and imports a database', async (context) => {
    const missing = missingBrowser('chromium');
    if (missing !== null) return context.skip(missing);
    const folder = mkdtempSync(join(tmpdir(), 'playground-'));
    try {
      execFileSync(process.execPath, [builder, folder]);
      await using server = await startServer({ '/': folder });
      await using browser = await openBrowser('chromium');
      const page = await browser.newPage(`${server.origin}/index.html`);

      await submit(page, 'open', { database: 'shown', medium });
      await expect.poll(() => text(page, '#about')).toContain(medium);
      expect(await text(page, '#empty')).toBe('No volumes yet.');
      await submit(page, 'add', { name: 'first', size: '3' });
      await expect.poll(() => names(page)).toEqual(['first']);
      await submit(page, 'add', { name: 'second', size: '1' });
      await expect.poll(async () => (await names(page)).sort()).toEqual(['first', 'second']);
      await click(page, '[aria-label="Delete first"]');
      await expect.poll(() => names(page)).toEqual(['second']);

      const address = await page.evaluate<string>('location.href');
      await page.goto(address);
      await expect.poll(() => names(page)).toEqual(['second']);

      const other = await browser.newPage(address);
      await expect.poll(() => names(other)).toEqual(['second']);
      await submit(other, 'add', { name: 'of another tab', size: '1' });
      await expect.poll(async () => (await names(page)).sort()).toEqual(['of another tab', 'second']);
      expect(await text(page, '#changes')).toContain('(another tab)');
      expect(
        [await text(page, '#about'), await text(other, '#about')].filter((about) => about.includes('leader')),
      ).toHaveLength(1);

      await page.evaluate(catchFile);
      await click(page, '#export');
      await expect.poll(() => page.evaluate('globalThis.caught !== undefined')).toBe(true);
      const header = await page.evaluate<string>(
        'globalThis.caught.then((bytes) => new TextDecoder().decode(bytes.slice(0, 15)))',
      );
      expect(header).toBe('SQLite format 3');

      // The exported file seeds a new database.
      await click(other, '#close');
      await expect.poll(() => other.evaluate("document.querySelector('#open').hidden")).toBe(false);
      await other.evaluate(() => {
        const channel = new BroadcastChannel('file');
        channel.onmessage = ({ data }) => {
          const files = new DataTransfer();
          files.items.add(new File([data], 'shown.sqlite'));
          const input = document.querySelector<HTMLInputElement>('[name="from"]');
          if (input !== null) input.files = files.files;
          document.title = 'has the file';
        };
      });
      await page.evaluate("globalThis.caught.then((bytes) => new BroadcastChannel('file').postMessage(bytes))");
      await expect.poll(() => other.evaluate('document.title')).toBe('has the file');
      await submit(other, 'open', { database: 'imported', medium });
      await expect.poll(async () => (await names(other)).sort()).toEqual(['of another tab', 'second']);

      await click(other, '#close');
      await expect.poll(() => other.evaluate("document.querySelector('#open').hidden")).toBe(false);
      await submit(other, 'open', { database: 'shown', medium });
      await expect.poll(async () => (await names(other)).sort()).toEqual(['of another tab', 'second']);
      expect(server.log.filter((line) => !line.startsWith('200'))).toEqual([]);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }, 120_000);
});

/** Presses a button as the keyboard does: with the focus on it. */
const press = (page: Page, selector: string): Promise<void> =>
  page.evaluate((selector) => {
    const button = document.querySelector<HTMLButtonElement>(selector);
    button?.focus();
    button?.click();
  }, selector);
/** The focused element: its label, or its text. */
const focused = (page: Page): Promise<string> =>
  page.evaluate(() => document.activeElement?.getAttribute('aria-label') ?? document.activeElement?.textContent ?? '');

test('the playground keeps the keyboard focus in place with thousands of volumes and odd names', async (context) => {
  const missing = missingBrowser('chromium');
  if (missing !== null) return context.skip(missing);
  const folder = mkdtempSync(join(tmpdir(), 'playground-'));
  try {
    execFileSync(process.execPath, [builder, folder]);
    copyGolden('many.sqlite.gz', join(folder, 'many.sqlite'));
    await using server = await startServer({ '/': folder });
    await using browser = await openBrowser('chromium');
    const page = await browser.newPage(`${server.origin}/index.html`);
    await page.evaluate(async () => {
      const files = new DataTransfer();
      files.items.add(new File([await (await fetch('many.sqlite')).arrayBuffer()], 'many.sqlite'));
      const input = document.querySelector<HTMLInputElement>('[name="from"]');
      if (input !== null) input.files = files.files;
    });
    await press(page, '#open button');
    await expect.poll(async () => (await names(page)).length).toBe(500);
    // The golden database has 5000 volumes, created one after the other.
    expect((await names(page))[0]).toBe('bulk-04999');
    expect(await page.evaluate("document.querySelector('#more').hidden")).toBe(false);
    expect(await focused(page)).toBe('Database');

    await submit(page, 'add', { name: '<b>'.repeat(100), size: '1' });
    await expect.poll(async () => (await names(page))[0]).toBe(`${'<b>'.repeat(100).slice(0, 200)}…`);
    await press(page, '[aria-label="Delete bulk-04998"]');
    await expect.poll(() => focused(page)).toBe('Delete bulk-04997');
    await press(page, '#export');
    await expect.poll(() => page.evaluate("document.querySelector('#export').ariaDisabled")).toBe(null);
    expect(await focused(page)).toBe('Export the file');
    await press(page, '#close');
    await expect.poll(() => focused(page)).toBe('Open or create a database');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}, 120_000);

test('the playground keeps up with a burst of changes, on a narrow screen, and says what is wrong in view', async (context) => {
  const missing = missingBrowser('chromium');
  if (missing !== null) return context.skip(missing);
  const folder = mkdtempSync(join(tmpdir(), 'playground-'));
  try {
    execFileSync(process.execPath, [builder, folder]);
    await using server = await startServer({
      '/': folder,
      '/dist/': dist,
      '/narrow': {
        type: 'text/html',
        body: '<!doctype html><iframe src="index.html" width="360" height="700"></iframe>',
      },
    });
    await using browser = await openBrowser('chromium');
    const page = await browser.newPage(`${server.origin}/narrow`);
    await page.evaluate(() => {
      const framed = document.querySelector('iframe')?.contentDocument;
      const input = framed?.querySelector<HTMLInputElement>('[name="from"]');
      // The page tells a file by the class that its own window has.
      const { DataTransfer, File } = (framed?.defaultView ?? {}) as typeof globalThis;
      if (!framed || !input) throw new Error('The frame is not loaded.');
      const files = new DataTransfer();
      files.items.add(new File(['no database'], 'old data (2).sqlite'));
      input.files = files.files;
      input.dispatchEvent(new Event('change', { bubbles: true }));
      Object.assign(globalThis, { framed });
    });
    const inFrame = <T>(expression: string): Promise<T> => page.evaluate<T>(expression);
    expect(await inFrame("framed.querySelector('[name=database]').value")).toBe('old-data-2');
    expect(await inFrame("framed.querySelector('#open').checkValidity()")).toBe(true);
    await inFrame("framed.querySelector('#open button').click()");
    await expect.poll(() => inFrame("framed.querySelector('#problem').textContent")).toContain('NotADatabase');

    await inFrame("(framed.querySelector('#open').reset(), framed.querySelector('#open button').click())");
    await expect.poll(() => inFrame("framed.querySelector('#database').hidden")).toBe(false);
    await inFrame(`(() => {
      globalThis.redrawn = 0;
      new MutationObserver(() => redrawn++).observe(framed.querySelector('#volumes'), { childList: true });
    })()`);
    const other = await browser.newPage(`${server.origin}/narrow`);
    await other.evaluate(`import('/dist/index.js').then(async ({ setup }) => {
      const cl = await setup({ persistence_config: { storage: 'db', connection: 'sqlite:///playground' } });
      const fake = { volume_backend_name: 'burst', volume_driver: 'cinder.tests.fake_driver.FakeLoggingVolumeDriver' };
      const backend = await cl.backend(fake);
      await Promise.all(Array.from({ length: 100 }, (_, n) => backend.createVolume(n + 1, { name: 'v' + n })));
      await cl.close();
    })`);
    await expect.poll(() => inFrame("framed.querySelectorAll('#volumes tr').length")).toBe(100);
    await expect.poll(() => inFrame("framed.querySelectorAll('#changes li').length")).toBeGreaterThanOrEqual(100);
    expect(await inFrame('redrawn')).toBeLessThan(50);

    // The button of each row is in reach without scrolling sideways.
    const reach = `(() => {
      const [list, button] = ['.wide', '#volumes button'].map((one) => framed.querySelector(one).getBoundingClientRect());
      return button.right <= list.right && list.right <= 360;
    })()`;
    expect(await inFrame(reach)).toBe(true);
    // An error is seen wherever the page has been scrolled to.
    await inFrame("framed.querySelector('#volumes tr:last-child').scrollIntoView()");
    await inFrame(
      "(framed.querySelector('#add [name=size]').step = 'any', framed.querySelector('#add [name=size]').value = '1.5', framed.querySelector('#add [name=name]').value = 'x', framed.querySelector('#add button').click())",
    );
    await expect.poll(() => inFrame("framed.querySelector('#problem').textContent")).toContain('whole number');
    await expect
      .poll(() => inFrame("framed.querySelector('#problem').getBoundingClientRect().top"))
      .toBeGreaterThanOrEqual(0);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}, 120_000);
