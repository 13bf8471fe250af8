/** Parsing SQL dumps: the literals that each program writes, and texts that are no dump. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { sqlTables } from '../../src/convert/sql-tables.ts';
import { isCinderlibError } from '../../src/errors/index.ts';
import { rounds } from '../support/rounds.ts';

// Without the initial comment that would require an end comment.
const mysql = (rows: string): string =>
  `/*!40101 SET NAMES utf8mb4 */;\nCREATE TABLE \`t\` (\n  \`a\` text,\n  KEY \`k\` (\`a\`)\n);\n${rows}`;
const postgres = (rows: string): string =>
  `SELECT pg_catalog.set_config('search_path', '', false);\nCREATE TABLE public.t (\n    a text DEFAULT 'x,)'::character varying,\n    CONSTRAINT c CHECK ((a IN ('(', ','))) \n);\n${rows}`;
const values = (text: string): unknown[] => (sqlTables(text).get('t')?.rows ?? []).map(([value]) => value);

test.each<[string, unknown]>([
  ["'plain'", 'plain'],
  ["''", ''],
  ["'it''s'", "it's"],
  [String.raw`'it\'s \"so\" \\ \n\r\t\0\b\Z \% \_'`, 'it\'s "so" \\ \n\r\t\0\b\u001a % _'],
  ["_binary 'x'", 'x'],
  ["_utf8mb4'é😀'", 'é😀'],
  ["X'C3A9'", 'é'],
  ['0xC3A9', 'é'],
  ['NULL', null],
  ['-12', -12],
  ['1.5e3', 1500],
  ['9007199254740993', 9007199254740993n],
  ["'-- /* ; '", '-- /* ; '],
])('mysqldump: %s', (literal, value) => {
  expect(values(mysql(`INSERT INTO \`t\` VALUES (${literal}),\n(NULL);`))).toEqual([value, null]);
});

test.each<[string, unknown]>([
  ["'plain'", 'plain'],
  [String.raw`'back\slash\n'`, String.raw`back\slash\n`],
  [String.raw`E'back\\slash\n'`, 'back\\slash\n'],
  ["'it''s'", "it's"],
  ["'x'::character varying", 'x'],
  ['NULL', null],
  ['true', true],
  ['false', false],
  ['12', 12],
])('pg_dump --inserts: %s', (literal, value) => {
  expect(values(postgres(`INSERT INTO public.t VALUES (${literal});`))).toEqual([value]);
  expect(values(postgres(`INSERT INTO public.t (a) VALUES (${literal});`))).toEqual([value]);
});

test('pg_dump: the rows of a COPY are read', () => {
  const lines = ['plain', '\\N', '', 'tab\\tnewline\\nback\\\\slash', '\\x41\\101', 'é😀'];
  const text = postgres(
    `COPY public.t (a) FROM stdin;\n${lines.join('\n')}\n\\.\n\nINSERT INTO public.t (a) VALUES ('after');`,
  );
  expect(values(text)).toEqual(['plain', null, '', 'tab\tnewline\nback\\slash', 'AA', 'é😀', 'after']);
});

test('statements that store no rows are skipped', () => {
  const text = postgres(`\\restrict abc
SET x = 'a;b';
CREATE FUNCTION f() RETURNS int AS $$ INSERT INTO public.t VALUES ('no'); $$ LANGUAGE sql;
CREATE FUNCTION g() RETURNS int AS $body$ ' $body$;
COMMENT ON TABLE public.t IS E'it\\'s; INSERT INTO t VALUES (1);';
/* INSERT INTO public.t VALUES ('no'); */ -- INSERT INTO public.t VALUES ('no');
INSERT INTO public.t VALUES ('yes');
ALTER TABLE ONLY public.t ADD CONSTRAINT k PRIMARY KEY (a);`);
  expect(values(text)).toEqual(['yes']);
});

test('MySQL statements in comments are skipped', () => {
  const text = mysql(
    "/*!40000 ALTER TABLE `t` DISABLE KEYS */;\nLOCK TABLES `t` WRITE;\n# INSERT INTO `t` VALUES (1);\nINSERT INTO `db`.`t` VALUES ('a');",
  );
  expect(values(text)).toEqual(['a']);
});

test.each([';;', '$$'])('the bodies of MySQL routines are skipped: DELIMITER %s', (end) => {
  const text = mysql(
    `INSERT INTO \`t\` VALUES ('a');\nDELIMITER ${end}\nCREATE PROCEDURE \`p\`(IN x int)\nBEGIN\n  USE other;\n` +
      `  REPLACE INTO \`t\` VALUES (x);\n  INSERT IGNORE INTO \`t\` SELECT now();\nEND ${end}\nDELIMITER ;\n` +
      "INSERT INTO `t` VALUES ('b');",
  );
  expect(values(text)).toEqual(['a', 'b']);
  expect(values(text.replaceAll('\n', '\r\n'))).toEqual(['a', 'b']);
  expect(() => values(text.replace('DELIMITER ;\n', ''))).toThrow(/line \d+ a DELIMITER is not reset/);
});

test.each([
  ['mysqldump --insert-ignore', mysql("INSERT  IGNORE INTO `t` VALUES ('a'),('b');")],
  ['mysqldump --replace', mysql("REPLACE INTO `t` VALUES ('a'),('b');")],
  [
    'pg_dump --inserts --on-conflict-do-nothing',
    postgres(
      "INSERT INTO public.t VALUES ('a') ON CONFLICT DO NOTHING;\nINSERT INTO public.t VALUES ('b') ON CONFLICT DO NOTHING;",
    ),
  ],
])('rows written by %s are read', (_, text) => {
  expect(values(text)).toEqual(['a', 'b']);
});

describe('sqlTables() refuses, naming the line,', () => {
  test.each<[string, string, RegExp]>([
    ['an unterminated string', mysql("INSERT INTO `t` VALUES ('abc"), /line 6 a string is not closed/],
    ['an unterminated comment', mysql('/* '), /a comment is not closed/],
    ['an unterminated name', mysql('INSERT INTO `t'), /a quoted name is not closed/],
    [
      'rows that end in the middle',
      mysql("INSERT INTO `t` VALUES ('a'),\n('b'"),
      /line 7 .*The file ends there: is it complete\?/,
    ],
    ['an INSERT without its end', mysql("INSERT INTO `t` VALUES ('a')"), /';' was expected/],
    ['a COPY without its end', postgres('COPY public.t (a) FROM stdin;\na\n'), /the rows of a COPY do not end/],
    ['a row that is too long', mysql("INSERT INTO `t` VALUES ('a','b');"), /2 values for 1 columns/],
    ['rows of an undeclared table', mysql('INSERT INTO `u` VALUES (1);'), /columns of u are unknown/],
    ['an expression', mysql('INSERT INTO `t` VALUES (now());'), /the value now is unknown/],
    ['a query', mysql('INSERT INTO `t` SELECT 1;'), /VALUES was expected/],
    [
      'a table declared twice',
      mysql("INSERT INTO `t` VALUES ('a');\nCREATE TABLE `t` (`a` text);"),
      /line 7 the table t begins again/,
    ],
    ['an unterminated dollar quote', postgres('SELECT $$ '), /is not closed/],
  ])('%s', (_, text, message) => {
    expect(() => sqlTables(text)).toThrow(message);
    expect(() => sqlTables(text)).toThrow(expect.objectContaining({ name: 'InvalidDump' }));
  });
});

test.each([
  'INSERT IGNORE INTO',
  'INSERT  IGNORE INTO',
  'INSERT DELAYED INTO',
  'INSERT LOW_PRIORITY IGNORE INTO',
  'REPLACE INTO',
  'REPLACE  INTO',
])('mysqldump: %s stores rows as INSERT does', (words) => {
  expect(values(mysql(`${words} \`t\` VALUES ('a'),('b');`))).toEqual(['a', 'b']);
});

test('pg_dump: rows with ON CONFLICT DO NOTHING and of unlogged tables are read', () => {
  const text = postgres(
    "INSERT INTO public.t VALUES ('a') ON CONFLICT DO NOTHING;\nCREATE UNLOGGED TABLE public.u (a text);\n" +
      "INSERT INTO public.u VALUES ('u');\nINSERT INTO public.t VALUES ('b') ON CONFLICT DO NOTHING;",
  );
  expect(values(text)).toEqual(['a', 'b']);
  expect(sqlTables(text).get('u')?.rows).toEqual([['u']]);
});

test.each([
  [
    '/*!40111 SET @OLD_SQL_NOTES=@@SQL_NOTES, SQL_NOTES=0 */;',
    '/*!40111 SET SQL_NOTES=@OLD_SQL_NOTES */;',
    '/*!40111 SET SQL_NOTES=IFNULL(@OLD_SQL_NOTES, 1) */;',
  ],
  [
    '/*M!100616 SET @OLD_NOTE_VERBOSITY=@@NOTE_VERBOSITY, NOTE_VERBOSITY=0 */;',
    '/*M!100616 SET NOTE_VERBOSITY=@OLD_NOTE_VERBOSITY */;',
  ],
  [
    '-- MySQL dump 10.13  Distrib 8.0.36, for Linux (x86_64)',
    '-- Dump completed on 2026-01-02  3:04:05',
    '-- Dump completed',
  ],
])('a dump that begins with %s is complete only with its matching end', (start, ...ends) => {
  const text = `${start}\n${mysql("INSERT INTO `t` VALUES ('a');\n")}`;
  expect(() => values(text)).toThrow(/ends in line \d+ without its program's end marker.*truncated/);
  for (const end of ends) expect(values(`${text}${end}\n`)).toEqual(['a']);
});

describe('a dump of several databases', () => {
  const tables = (rows: string): string => `CREATE TABLE \`volumes\` (\`id\` text);\n${rows}\n`;
  const row = (id: string): string => `INSERT INTO \`volumes\` VALUES ('${id}');`;
  const ids = (text: string): unknown => sqlTables(text).get('volumes')?.rows;

  test('of MySQL gives the database with volumes, and names the tables of the others', () => {
    const other = 'CREATE TABLE `users` (`id` int);\nINSERT INTO `users` VALUES (1),(2);';
    const text = `USE \`a\`;\n${other}\nUSE \`b\`;\n${tables(row('v'))}`;
    expect(ids(text)).toEqual([['v']]);
    expect(sqlTables(text).get('a.users')?.rows).toEqual([[1], [2]]);
    expect(ids(`USE \`cinder\`;\n${tables('')}USE \`lib\`;\n${tables(row('v'))}`)).toEqual([['v']]);
  });

  test('is refused if two of them have volumes', () => {
    const both = `USE \`cinder\`;\n${tables(row('v'))}USE \`lib\`;\n${tables(row('w'))}`;
    expect(() => sqlTables(both)).toThrow(/more than once: in "cinder", "lib"/);
    expect(() => sqlTables(`USE \`a\`;\n${tables('')}USE \`b\`;\n${tables('')}`)).toThrow(/more than once/);
  });

  test.each([
    ['schemas', 'CREATE TABLE one.volumes (id text);', 'CREATE TABLE two.volumes (id text);', 'one', 'two'],
    [
      'schemas, as older programs wrote them',
      'SET search_path = one, pg_catalog;\nCREATE TABLE volumes (id text);',
      'SET search_path = two, pg_catalog;\nCREATE TABLE volumes (id text);',
      'one',
      'two',
    ],
    [
      'databases of one server',
      '\\connect one\nCREATE TABLE public.volumes (id text);',
      '\\connect two\nCREATE TABLE public.volumes (id text);',
      'one.public',
      'two.public',
    ],
  ])('of PostgreSQL keeps them apart: %s', (_, first, second, one, two) => {
    const start = "SELECT pg_catalog.set_config('search_path', '', false);\n";
    const copy = (schema: string, id: string): string => `\nCOPY ${schema}volumes (id) FROM stdin;\n${id}\n\\.\n`;
    const schemaOf = (create: string): string => /TABLE (\w+\.)?volumes/.exec(create)?.[1] ?? '';
    const text = (others: string): string =>
      `${start}${first}${copy(schemaOf(first), 'v')}${second}${others === '' ? '\n' : copy(schemaOf(second), others)}`;
    expect(ids(text(''))).toEqual([['v']]);
    expect(() => sqlTables(text('w'))).toThrow(`in "${one}", "${two}"`);
  });
});

test.each([
  [
    'the dump is an archive',
    "COPY public.t (a) FROM '$$PATH$$/3080.dat';\n",
    /line 6 the rows of t are not in this text/,
  ],
  [
    'the rows are in another form',
    'COPY public.t (a) FROM stdin WITH CSV;\na\n\\.\n',
    /';' was expected after a COPY of t/,
  ],
])('a COPY is refused if %s', (_, rows, message) => {
  expect(() => sqlTables(postgres(rows))).toThrow(message);
});

// Read as MySQL's, a backslash in a text would start an escape: `a\\nb` would get a line break.
test.each([
  ['.dump in sqlite3', 'PRAGMA foreign_keys=OFF;\nBEGIN TRANSACTION;\n'],
  ["Python's iterdump", 'BEGIN TRANSACTION;\n'],
  ['a program of SQLite', '--\n-- Text encoding used: UTF-8\n--\nPRAGMA foreign_keys = off;\nBEGIN TRANSACTION;\n\n'],
])('the output of %s is refused with the remedy, whatever it contains', (_, start) => {
  const text = `${start}CREATE TABLE volumes (id);\nINSERT INTO volumes VALUES('\`a\\nb');\nCOMMIT;\n`;
  expect(() => sqlTables(text)).toThrow('sqlite3 NEW.sqlite < FILE');
});

test('SQL is not taken for that of MySQL because a text in it contains a backtick', () => {
  const text = String.raw`CREATE TABLE volumes (id);
INSERT INTO volumes VALUES('${'`'}a\nb');
`;
  expect(() => sqlTables(text)).toThrow(/not a known kind of dump/);
});

test('quoted names at the start of a statement are marks of MySQL, in any case', () => {
  for (const keywords of ['INSERT INTO', 'insert into', 'INSERT  IGNORE INTO', 'REPLACE INTO']) {
    expect(values(`CREATE TABLE IF NOT EXISTS t (a text);\n${keywords} ${'`t`'} VALUES ('a\\nb');\n`)).toEqual([
      'a\nb',
    ]);
  }
});

test('the first mark of a program decides whose dump it is, whatever the texts in it mention', () => {
  expect(
    values(mysql(String.raw`INSERT INTO ${'`t`'} VALUES ('a PostgreSQL database dump\nof pg_catalog.x');`)),
  ).toEqual(['a PostgreSQL database dump\nof pg_catalog.x']);
  const text = String.raw`standard_conforming_strings = off \n MySQL dump /*! CREATE TABLE ${'`t`'}`;
  expect(values(postgres(`INSERT INTO public.t VALUES ('${text}');`))).toEqual([text]);
});

// Read as MySQL's, `a\\nb` would get a line break.
test.each([
  '-- replaces the mysql dump of 2023',
  '-- replaces the MySQL dump 10 of 2023',
  '/*metadata of the site*/',
  '/*! the site of 2023 */',
  "/* the site's dump, formerly in `db` */",
  '# INSERT INTO `db`',
  'BEGIN TRANSACTION;',
  '\\set ON_ERROR_STOP on\nbegin transaction;',
])('a dump of pg_dump is that of PostgreSQL if %j precedes it', (before) => {
  const rows = "INSERT INTO public.t VALUES ('a\\nb');\n";
  const header = '--\n-- PostgreSQL database dump\n--\n\n';
  expect(values(`${before}\n${header}${postgres(rows)}--\n-- PostgreSQL database dump complete\n--\n`)).toEqual([
    'a\\nb',
  ]);
  if (!/^begin/im.test(before)) expect(values(`${before}\n${postgres(rows)}`)).toEqual(['a\\nb']);
});

test.each([
  '-- replaces the\n-- PostgreSQL database dump of 2023',
  '/* formerly in pg_catalog. */',
  'BEGIN TRANSACTION;',
])('a dump of mysqldump is that of MySQL if %j precedes it', (before) => {
  const rows = "INSERT INTO `t` VALUES ('a\\nb');\n";
  const header = '-- MySQL dump 10.13  Distrib 8.0.36, for Linux (x86_64)\n';
  expect(values(`${before}\n${header}${mysql(rows)}-- Dump completed on 2026-01-02  3:04:05\n`)).toEqual(['a\nb']);
});

test.each([
  'insert into cinder.t (id, `a`, value) values (1, %, null);',
  'INSERT INTO cinder.t (id,`a`) VALUES\n\t (1,%);',
  'INSERT INTO cinder.`t` (id, a) VALUES (1, %);',
  'INSERT\tINTO\t`t` (id, a) VALUES (1, %);',
  "-- the site's\nINSERT INTO u (a) VALUES ('it''s');\nINSERT INTO t (id, `a`) VALUES (1, %);",
])('a quoted name anywhere is a mark of MySQL: %s', (text) => {
  const [rows] = [...sqlTables(text.replace('%', "'a\\nb'"))].flatMap(([name, set]) => (name === 't' ? [set] : []));
  expect(rows?.rows.map((row) => row[1])).toEqual(['a\nb']);
});

test.each([
  ['on a line of its own', "'see\n`x`\na\\nb'"],
  ['after an apostrophe', "'it''s `x` a\\nb'"],
  ['in a name', '"`x`"'],
])('a backtick in a text is no mark of MySQL: %s', (_, text) => {
  expect(() => sqlTables(`CREATE TABLE t (a);\nINSERT INTO t VALUES (${text});\n`)).toThrow(/not a known kind of dump/);
});

test('the output of kubectl as YAML is refused with the remedy', () => {
  const text = 'apiVersion: v1\nitems:\n- apiVersion: ember-csi.io/v1\n  kind: Volume\nkind: List\n';
  expect(() => sqlTables(text)).toThrow(/YAML.*kubectl.*-o json/);
});

test('the output of mysqldump --xml is refused with the remedy', () => {
  const text =
    '<?xml version="1.0"?>\n<mysqldump xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">\n<field name="a">`/*</field>\n</mysqldump>\n';
  expect(() => sqlTables(text)).toThrow('without --xml');
});

describe('a dump that names another encoding than UTF-8', () => {
  const inLatin1 = (rows: string): string => mysql(rows).replace('utf8mb4', 'latin1');
  const insert = (text: string): string => `INSERT INTO \`t\` VALUES ('${text}');`;

  // mysqldump writes a question mark for what the encoding lacks: the texts of other languages would be lost.
  test.each(['?', 'é'])('is refused with the remedy if it contains %s', (text) => {
    expect(() => sqlTables(inLatin1(insert(text)))).toThrow(/latin1.*--default-character-set=utf8mb4/);
    expect(values(mysql(insert(text)))).toEqual([text]);
    expect(values(mysql(insert(text)).replace('utf8mb4', 'utf8mb3'))).toEqual([text]);
  });

  test('is read if it contains ASCII alone', () => {
    expect(values(inLatin1(insert('plain')))).toEqual(['plain']);
  });

  test('of PostgreSQL is read if it contains ASCII alone, since pg_dump fails at what the encoding lacks', () => {
    const inWindows = (text: string): string =>
      `SET client_encoding = 'WIN1252';\n${postgres(`INSERT INTO public.t VALUES ('${text}');`)}`;
    expect(values(inWindows('why?'))).toEqual(['why?']);
    expect(() => sqlTables(inWindows('é'))).toThrow(/WIN1252.*--encoding=UTF8/);
    expect(values(inWindows('é').replace('WIN1252', 'UTF8'))).toEqual(['é']);
  });
});

test('a text that is no dump is refused', () => {
  for (const text of ['', 'hello', 'id,name\n1,2']) expect(() => sqlTables(text)).toThrow(/not a known kind of dump/);
  expect(() => sqlTables('')).toThrow('The text is empty');
});

test('a dump that is damaged at random is parsed or fails with a CinderlibError', () => {
  const whole = mysql(String.raw`INSERT INTO ${'`t`'} VALUES ('a\'b'),(NULL),(0x41),('c''d'); /* x */ -- y`);
  const part = fc.tuple(fc.nat(whole.length), fc.nat(30), fc.string({ maxLength: 3 }));
  fc.assert(
    fc.property(part, ([from, length, put]) => {
      try {
        sqlTables(whole.slice(0, from) + put + whole.slice(from + length));
      } catch (error) {
        expect(isCinderlibError(error)).toBe(true);
      }
    }),
    { numRuns: rounds(1000) },
  );
});

test('the time to parse a large text is proportional to its size', () => {
  const time = (count: number): number => {
    const text = mysql(
      `INSERT INTO \`t\` VALUES ${Array.from({ length: count }, (_, i) => `('it\\'s ${i}')`).join(',')};`,
    );
    // Processor time, which other programs do not affect.
    const before = process.cpuUsage();
    expect(values(text).length).toBe(count);
    return process.cpuUsage(before).user / 1000;
  };
  time(1000);
  // Ten times the rows may take ten times as long, but not a hundred times.
  expect(time(100_000)).toBeLessThan(50 * Math.max(time(10_000), 20));
});
