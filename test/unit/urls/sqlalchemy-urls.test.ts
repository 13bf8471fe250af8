/**
 * URLs as SQLAlchemy reads them. The fixture is what `sqlalchemy-urls.py` beside it printed with SQLAlchemy 1.4.46,
 * Debian 12's `python3-sqlalchemy`.
 */
import { expect, test } from 'vitest';
import { parseDatabaseUrl } from '../../../src/urls/database-url.ts';
import fixture from './sqlalchemy-urls.fixture.json' with { type: 'json' };

interface Case {
  readonly url: string;
  readonly error?: string;
  readonly name?: string;
  readonly username?: string | null;
  readonly password?: string | null;
  readonly host?: string | null;
  readonly port?: number | null;
  readonly database?: string | null;
  readonly query?: Readonly<Record<string, readonly string[]>>;
}

/** How this library parses a URL, with SQLAlchemy's names of the parts. */
function ours(url: string): Case {
  try {
    const { scheme, driver, username, password, host, port, database, query } = parseDatabaseUrl(url);
    const name = driver === null ? scheme : `${scheme}+${driver}`;
    // Python drops an option without a value; this library keeps it, to report it as an error.
    const options = [...query].flatMap(([key, all]) => {
      const values = all.filter((value) => value !== '');
      return values.length === 0 ? [] : [[key, values] as const];
    });
    return { url, name, username, password, host, port, database, query: Object.fromEntries(options) };
  } catch {
    return { url, error: 'refused' };
  }
}

const cases: readonly Case[] = fixture.cases;

test('the fixture has many cases', () => {
  expect(cases.length).toBeGreaterThan(300);
});

/** SQLAlchemy ignores text after the parts that it knows; this library refuses it. */
const leftovers = ['mysql://[::1]x/d'];

test('every URL that SQLAlchemy accepts is parsed into the same parts', () => {
  const taken = cases.filter(({ url, error }) => error === undefined && !leftovers.includes(url));
  expect(taken.map(({ url }) => ours(url))).toEqual(taken);
});

test('a URL with trailing text is refused', () => {
  expect(leftovers.map(ours)).toEqual(leftovers.map((url) => ({ url, error: 'refused' })));
});

test('every URL that SQLAlchemy refuses is refused', () => {
  for (const { url, error } of cases) if (error !== undefined) expect(ours(url)).toEqual({ url, error: 'refused' });
});
