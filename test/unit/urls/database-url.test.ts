/** SQLAlchemy's database URLs: parsed as SQLAlchemy does, opened if supported, and never shown with a password. */
import { describe, expect, test } from 'vitest';
import { InvalidUrl } from '../../../src/errors/index.ts';
import { parseDatabaseUrl, sqlitePath } from '../../../src/urls/database-url.ts';

const nothing = { driver: null, username: null, password: null, host: null, port: null, database: null };
const messageOf = (connection: string): string => {
  try {
    sqlitePath(connection);
  } catch (error) {
    expect(error).toBeInstanceOf(InvalidUrl);
    return String(error);
  }
  throw new Error(`${connection} was taken`);
};

describe('sqlitePath()', () => {
  test.each([
    'sqlite://',
    'sqlite:///',
    'sqlite:///:memory:',
    'sqlite+pysqlite://',
    'sqlite://?check_same_thread=false',
  ])('reads %s as a database in memory', (connection) => {
    expect(sqlitePath(connection)).toBeNull();
  });

  test.each([
    ['sqlite:///cl.sqlite', 'cl.sqlite'],
    ['sqlite:///./a/b.db', './a/b.db'],
    ['sqlite:////var/lib/cl.sqlite', '/var/lib/cl.sqlite'],
    ['sqlite+pysqlite:////a', '/a'],
    ['sqlite:///C:\\data\\cl.sqlite', 'C:\\data\\cl.sqlite'],
    ['sqlite:///C:/data/cl.sqlite', 'C:/data/cl.sqlite'],
    ['sqlite:///a%20b c#d@e:f&g', 'a%20b c#d@e:f&g'],
    ['sqlite:////a?cached_statements=10&check_same_thread=true', '/a'],
  ])('keeps the path of %s as it is written', (connection, path) => {
    expect(sqlitePath(connection)).toBe(path);
  });

  test.each(['timeout', 'mode', 'uri', 'cache'])('refuses the option %s by its name', (option) => {
    expect(messageOf(`sqlite:////a?check_same_thread=1&${option}=x`)).toContain(`"${option}"`);
    expect(messageOf(`sqlite:////a?${option}`)).toContain(`"${option}"`);
  });

  test.each(['sqlite://host/x', 'sqlite://user@/x', 'sqlite://cl.sqlite', 'sqlite://:1/x'])(
    'refuses %s, which has more than a path',
    (connection) => {
      expect(messageOf(connection)).toMatch(/has no user, host or port.*sqlite:\/\/\/relative/);
    },
  );

  test.each(['mysql://u:p@h/cinder', 'mariadb://h/cinder', 'postgresql+psycopg2://u@h/cinder'])(
    'reports that %s is no URL of a sqlite database',
    (connection) => {
      expect(messageOf(connection)).toMatch(/is not the URL of a sqlite database.*sqlite:\/\/\/path/);
    },
  );

  test.each([
    ['sqllite:///a', 'sqlite'],
    ['sqlit:///a', 'sqlite'],
    ['SQLite:///a', 'sqlite'],
    ['postgres://h/a', 'postgresql'],
    ['mysq://h/a', 'mysql'],
    ['maria://h/a', null],
    ['mssql://h/a', null],
    ['oracle://h/a', null],
  ])('suggests for %s the scheme %s', (connection, name) => {
    const message = messageOf(connection);
    if (name === null) expect(message).not.toContain('Did you mean');
    else expect(message).toContain(`Did you mean ${name}?`);
  });

  test.each(['', 'cl.sqlite', '/var/lib/cl.sqlite', 'sqlite:/a', 'sqlite:a', 'sqlite//a', '://a', 'my-sql://h/a'])(
    'reports that "%s" is no URL',
    (connection) => {
      expect(messageOf(connection)).toContain('is not a database URL');
    },
  );

  test.each([
    ['cl.sqlite', 'sqlite:///cl.sqlite'],
    ['./data/cl.sqlite', 'sqlite:///./data/cl.sqlite'],
    ['/var/lib/cl.sqlite', 'sqlite:////var/lib/cl.sqlite'],
  ])('takes %s for a path, and suggests its URL', (path, url) => {
    expect(messageOf(path)).toMatch(new RegExp(`${url.replaceAll('.', '[.]')}( |\\.?$)`));
  });

  test.each(['mssql://h/a', 'http://h/a', 'maria://h/a'])('lists the available databases for %s', (connection) => {
    for (const url of ['sqlite:///path', 'mysql://user@host/database', 'postgresql://user@host/database']) {
      expect(messageOf(connection)).toContain(url);
    }
  });
});

describe('parseDatabaseUrl()', () => {
  test.each([
    ['mysql://h', { scheme: 'mysql', host: 'h' }],
    ['mariadb://u@h/d', { scheme: 'mariadb', username: 'u', host: 'h', database: 'd' }],
    [
      'postgresql+psycopg2://u:p@h:5432/d',
      { scheme: 'postgresql', driver: 'psycopg2', username: 'u', password: 'p', host: 'h', port: 5432, database: 'd' },
    ],
    ['mysql+pymysql+x://h', { scheme: 'mysql', driver: 'pymysql+x', host: 'h' }],
    ['mysql://[::1]:3306/d', { scheme: 'mysql', host: '::1', port: 3306, database: 'd' }],
    [
      'mysql://u%40x:p%2F%3a%25@h/d%20',
      { scheme: 'mysql', username: 'u@x', password: 'p/:%', host: 'h', database: 'd%20' },
    ],
    ['mysql://u:p:q/r?s@h/d', { scheme: 'mysql', username: 'u', password: 'p:q/r?s', host: 'h', database: 'd' }],
    ['mysql://u:a+b%C3%A9%zz%FF@h', { scheme: 'mysql', username: 'u', password: 'a+bé%zz\ufffd', host: 'h' }],
    ['mysql://:p@h', { scheme: 'mysql', username: '', password: 'p', host: 'h' }],
    ['mysql:///d', { scheme: 'mysql', database: 'd' }],
    ['mysql://h/', { scheme: 'mysql', host: 'h', database: '' }],
  ])('parses %s', (connection, parts) => {
    const { query, ...found } = parseDatabaseUrl(connection);
    expect(found).toEqual({ ...nothing, ...parts });
    expect(query.size).toBe(0);
  });

  test('reads options, repeated ones too, and escapes', () => {
    const { query, database } = parseDatabaseUrl('mysql+pymysql://h/d?charset=utf8&a=1&a=2%203+4&b==x');
    expect(database).toBe('d');
    expect([...query]).toEqual([
      ['charset', ['utf8']],
      ['a', ['1', '2 3 4']],
      ['b', ['=x']],
    ]);
  });

  test.each(['mysql://h:x/d', 'mysql://h:/d', 'mysql://h:1x'])('refuses the port of %s', (connection) => {
    expect(() => parseDatabaseUrl(connection)).toThrow(InvalidUrl);
  });

  test('refuses trailing text', () => {
    expect(() => parseDatabaseUrl('mysql://[::1]x/d')).toThrow(InvalidUrl);
  });
});

test.each([
  'mysql://u:hunter2@h/d',
  'mysql://u:hun@hunter2@h/d',
  'mysql://u:hunter2',
  'mysql://u:3hunter2/d',
  'mysql:///u:hunter2@h/d',
  'mysql//u:hunter2@h/d',
  'mysql:/u:hunter2@h/d',
  'mysql:u:hunter2@h//d',
  'u:hunter2//x@h',
  'mysq://u:hunter2@h/d',
  'mysql://u:x/hunter2?y@h/d',
  'mysql://u:x\nhunter2@h/d\n',
  'sqlite://u:hunter2@h/d',
  'postgresql://h/d?password=hunter2',
  'postgresql://h/d?sslmode=x&sslpassword=hunter2&y=1',
  'host=h password=hunter2 dbname=d',
  'sqlite:///a?password=hunter2',
])('the error for %j hides the password', (connection) => {
  const message = messageOf(connection);
  expect(message).not.toContain('hunter2');
  expect(message).toContain('***');
});
