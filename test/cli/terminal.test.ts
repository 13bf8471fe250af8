/** The program on a terminal: what a person sees, and what Ctrl-C leaves behind. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, test, vi } from 'vitest';
import { program } from '../support/cli.ts';
import { copyGolden, inTemporaryFolder } from '../support/golden.ts';
import { controlC, missingTerminal, type OnTerminal, onTerminal } from '../support/pty.ts';
import { nativeRows, nativeSql } from '../support/tables.ts';

vi.setConfig({ testTimeout: 120_000 });

beforeEach((context) => {
  if (missingTerminal !== null) context.skip(missingTerminal);
});

const cinderlib = (parameters: readonly string[], columns?: number): OnTerminal =>
  onTerminal([process.execPath, program, ...parameters], columns);

const start = '\u001b';
const bold = `${start}[1m`;
const green = `${start}[32m`;
const red = `${start}[31m`;
const hidesCursor = `${start}[?25l`;
const showsCursor = `${start}[?25h`;

/** The text without its colours. */
const plain = (text: string): string => text.replaceAll(new RegExp(`${start}\\[[\\d;]*m`, 'g'), '');

test('ls prints a table with bold titles, no wider than the terminal', async () => {
  await inTemporaryFolder(async (folder) => {
    const path = copyGolden('rich.sqlite', join(folder, 'rich.sqlite'));
    const wide = cinderlib(['ls', path], 200);
    expect(await wide.ended).toBe(0);
    expect(wide.shown).toContain(`${bold}id`);
    expect(wide.shown).not.toContain('\t');
    const [titles = '', ...rows] = plain(wide.shown).trimEnd().split('\r\n');
    expect(rows.length).toBe(55);
    // Every cell of a column begins below its title, as long as each character is one column wide.
    for (const title of ['name', 'status', 'backend', 'type']) {
      const place = titles.indexOf(title);
      for (const row of rows) if (/^[ -~]*$/.test(row)) expect(row.slice(place - 2, place + 1)).toMatch(/^ {2}/);
    }
    const narrow = cinderlib(['ls', path], 80);
    await narrow.ended;
    const lines = plain(narrow.shown).split('\r\n');
    expect(lines.filter((line) => /^[ -~…]*$/.test(line) && line.length > 80)).toEqual([]);
    // A truncated id would be useless.
    for (const { id } of nativeRows(path, 'SELECT id FROM volumes WHERE deleted = 0')) {
      expect(narrow.shown).toContain(String(id));
    }
  });
});

test('migrate shows its progress, rate and remaining time', async () => {
  await inTemporaryFolder(async (folder) => {
    const source = copyGolden('many.sqlite.gz', join(folder, 'many.sqlite'));
    const running = cinderlib(['migrate', source, join(folder, 'target.sqlite')]);
    expect(await running.ended).toBe(0);
    const { shown } = running;
    for (const phase of ['Writing', 'Verifying']) {
      expect(shown).toMatch(new RegExp(`${phase} +█+░+ +\\d+%  \\d+/5200  \\d+/s  \\d+\\w left`));
    }
    expect(shown).toContain('100%  5200/5200');
    expect(plain(shown)).toContain('Copied 5000 volumes, 200 snapshots');
    expect(shown).toContain(`${green}Verified`);
    expect(shown.lastIndexOf(showsCursor)).toBeGreaterThan(shown.lastIndexOf(hidesCursor));
  });
});

// On a busy machine the migration may finish before the terminal shows that it has begun.
test('Ctrl-C during migrate keeps the source, removes the target and shows the cursor again', {
  retry: 2,
}, async () => {
  await inTemporaryFolder(async (folder) => {
    const source = copyGolden('many.sqlite.gz', join(folder, 'many.sqlite'));
    // Enough rows that the migration is still running when the key is pressed.
    const copies = [...'ghijklmn'].map(
      (first) => `UPDATE more SET id = '${first}' || substr(id, 2); INSERT INTO volumes SELECT * FROM more;`,
    );
    nativeSql(source, `CREATE TEMP TABLE more AS SELECT * FROM volumes; ${copies.join(' ')}`);
    const before = readFileSync(source);
    const target = join(folder, 'target.sqlite');
    const running = cinderlib(['migrate', source, target]);
    await running.waitFor(/Writing.*[1-9]\d*\/\d{5}/);
    running.type(controlC);
    expect(await running.ended).toBe(130);
    expect(plain(running.shown)).toContain('Stopped. Unfinished work was rolled back.');
    expect(running.shown.lastIndexOf(showsCursor)).toBeGreaterThan(running.shown.lastIndexOf(hidesCursor));
    expect(readFileSync(source).equals(before)).toBe(true);
    expect(existsSync(target)).toBe(false);
    expect(readdirSync(folder)).toEqual(['many.sqlite']);
  });
});

test('Ctrl-C at the question of --repair changes nothing', async () => {
  await inTemporaryFolder(async (folder) => {
    const path = copyGolden('rich.sqlite', join(folder, 'rich.sqlite'));
    const before = readFileSync(path);
    const running = cinderlib(['check', '--repair', path]);
    await running.waitFor(/Repair\? \[y\/N\]/);
    running.type(controlC);
    expect(await running.ended).toBe(130);
    expect(readFileSync(path).equals(before)).toBe(true);
  });
});

test('answering y to the question of --repair repairs the database', async () => {
  await inTemporaryFolder(async (folder) => {
    const path = copyGolden('rich.sqlite', join(folder, 'rich.sqlite'));
    const running = cinderlib(['check', '--repair', path]);
    await running.waitFor(/Repair\? \[y\/N\]/);
    running.type('y\r');
    expect(await running.ended).toBe(0);
    expect(running.shown).toContain(`${green}repaired`);
    const orphans = 'SELECT count(*) AS n FROM volume_types WHERE deleted = 0 AND name = id';
    const unused = `${orphans} AND id NOT IN (SELECT volume_type_id FROM volumes UNION SELECT volume_type_id FROM snapshots)`;
    expect(nativeRows(path, unused)).toEqual([{ n: 0 }]);
  });
});

test('errors are printed in red', async () => {
  const running = cinderlib(['ls', 'missing.sqlite']);
  expect(await running.ended).toBe(1);
  expect(running.shown).toContain(`${red}error:`);
});
