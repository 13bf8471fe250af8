/** Reads the rows of each table from the text of a `pg_dump` or `mysqldump`. */
import { InvalidDump } from '../errors/index.ts';
import type { RowSet, SqlValue } from '../rpc/contract.ts';
import { copyRows } from './copy-rows.ts';
import { refuseOtherEncoding } from './declared-encoding.ts';
import { programOf, refuseCutOff } from './dump-end.ts';
import { type Dialect, type QualifiedName, SqlScanner } from './sql-scanner.ts';

/**
 * The tables of the database or schema that contains Cinder's; names of tables in others are qualified with a dot.
 *
 * @throws {InvalidDump} if the text is neither kind of dump, is cut off or in another encoding than UTF-8, or contains
 *   Cinder's tables more than once
 */
export function sqlTables(text: string): ReadonlyMap<string, RowSet> {
  const scanner = new SqlScanner(text, dialectOf(text));
  refuseOtherEncoding(text);
  const tables = new Tables(scanner);
  while (!scanner.atEnd) {
    if (scanner.take('\\')) tables.command(scanner.restOfLine());
    else if (scanner.takeWord('CREATE')) createStatement(scanner, tables);
    else if (scanner.takeWord('INSERT') || scanner.takeWord('REPLACE')) {
      for (const word of insertWords) scanner.takeWord(word);
      tables.insert();
    } else if (scanner.takeWord('COPY')) tables.copy();
    else if (scanner.takeWord('USE')) tables.use(scanner.name());
    else if (scanner.takeWord('DELIMITER')) scanner.skipRoutines();
    else if (scanner.takeWord('SET') && scanner.takeWord('SEARCH_PATH')) tables.searchPath();
    else scanner.skipStatement();
  }
  refuseCutOff(text);
  return tables.chosen();
}

/** The keywords that mysqldump may write before the name of a table, in this order, depending on its options. */
const insertWords = ['LOW_PRIORITY', 'DELAYED', 'HIGH_PRIORITY', 'IGNORE', 'INTO'];

function createStatement(scanner: SqlScanner, tables: Tables): void {
  scanner.takeWord('UNLOGGED');
  if (scanner.takeWord('TABLE')) tables.create();
  else scanner.skipStatement();
}

/**
 * Comments, texts and names in double quotes, whose content says nothing about the dialect. A backslash is no escape
 * here: in MySQL's SQL with `\'`, a mark may be overlooked, but never one be seen in a text of standard SQL.
 */
const notCode = /--.*|^#.*|\/\*(?!M?!\d)[\s\S]*?(?:\*\/|(?![\s\S]))|'[^']*'?|"[^"]*"?/gm;
// Of dumps without their program's own lines, the first of these marks decides.
const postgresMark = /pg_catalog\.|^COPY \S+ \(.*FROM stdin;/m;
const mysqlMark = /\/\*M?!\d|`/;

function dialectOf(text: string): Dialect {
  const start = text.slice(0, 100_000);
  const program = programOf(text);
  if (program === undefined && /^(?:--[^\n]*\n|\s)*(?:PRAGMA [^;]*;\s*)*BEGIN TRANSACTION;/i.test(start)) {
    throw new InvalidDump(
      "This is SQL of SQLite, such as the output of sqlite3's .dump. Make a database from it: sqlite3 NEW.sqlite < FILE.",
    );
  }
  if (start.startsWith('<?xml')) {
    throw new InvalidDump('This is XML, not SQL. If mysqldump wrote it, make the dump again without --xml.');
  }
  if (start.startsWith('apiVersion:')) {
    throw new InvalidDump('This is YAML, not JSON. If kubectl wrote it, get the resources again with -o json.');
  }
  const name = program ?? dialectByMarks(start);
  if (name === 'mysql') return { name, backslashes: true };
  if (name !== undefined) return { name, backslashes: /^SET standard_conforming_strings = off/m.test(start) };
  if (text === '') {
    throw new InvalidDump('The text is empty, so not a known kind of dump: what should have written it has failed.');
  }
  throw new InvalidDump(
    'The text is not a known kind of dump: it looks like neither JSON nor the output of pg_dump or mysqldump.',
  );
}

function dialectByMarks(text: string): Dialect['name'] | undefined {
  // Quotes in place of what is left out: the columns of a COPY follow a name.
  const code = text.replace(notCode, "''");
  const [postgres, mysql] = [code.search(postgresMark), code.search(mysqlMark)];
  if (postgres >= 0 && (mysql < 0 || postgres < mysql)) return 'postgresql';
  return mysql >= 0 ? 'mysql' : undefined;
}

/** A table with the rows read so far. */
interface Table {
  readonly columns: readonly string[];
  readonly rows: SqlValue[][];
}

/** The content of one database, or in PostgreSQL of one schema. */
interface Space {
  readonly name: string;
  readonly content: Map<string, Table>;
  /** The columns of each table, in order. */
  readonly columns: Map<string, readonly string[]>;
}

class Tables {
  readonly #scanner: SqlScanner;
  readonly #spaces = new Map<string, Space>();
  /** The schema of unqualified names, and the current database if a dump contains several. */
  #schema = '';
  #database = '';

  constructor(scanner: SqlScanner) {
    this.#scanner = scanner;
  }

  /** @throws {InvalidDump} if several databases or schemas contain the tables */
  chosen(): ReadonlyMap<string, RowSet> {
    const spaces = [...this.#spaces.values()];
    const withVolumes = spaces.filter(({ content }) => content.has('volumes'));
    const filled = withVolumes.filter(({ content }) => content.get('volumes')?.rows.length !== 0);
    const [chosen, another] = filled.length === 1 ? filled : withVolumes;
    if (chosen === undefined) return new Map(spaces.flatMap(({ content }) => [...content]));
    if (another !== undefined) {
      const names = withVolumes.map(({ name }) => JSON.stringify(name)).join(', ');
      throw new InvalidDump(
        `The SQL text holds Cinder's tables more than once: in ${names}. Different databases are not merged; ` +
          'dump one of them alone.',
      );
    }
    const others = spaces.filter((space) => space !== chosen);
    const named = others.flatMap(({ name, content }) =>
      [...content].map(([table, rows]): [string, Table] => [`${name}.${table}`, rows]),
    );
    return new Map([...chosen.content, ...named]);
  }

  /** Handles a psql command, such as `\\restrict`, which extends to the end of its line. */
  command(line: string): void {
    const [, database] = /^c(?:onnect)?\s+(.*)$/.exec(line) ?? [];
    if (database !== undefined) this.#database = database;
  }

  /** Switches to another database. */
  use(database: string | null): void {
    this.#schema = database ?? '';
    this.#scanner.skipStatement();
  }

  /** Sets the schema of unqualified names, as older versions of pg_dump did. */
  searchPath(): void {
    if (!this.#scanner.take('=')) this.#scanner.takeWord('TO');
    this.#schema = this.#scanner.name() ?? '';
    this.#scanner.skipStatement();
  }

  /**
   * Remembers the columns in order, for rows without column names. If a table is created again, a second dump has
   * begun, whose rows must not be mixed with those of the first.
   */
  create(): void {
    const scanner = this.#scanner;
    if (scanner.takeWord('IF')) {
      scanner.takeWord('NOT');
      scanner.takeWord('EXISTS');
    }
    const table = scanner.qualifiedName();
    const columns: string[] = [];
    if (table !== null && this.#spaceOf(table).content.get(table.name)?.rows.length) {
      scanner.fail(
        `the table ${table.name} begins again, as if two dumps were concatenated: dump only the one you mean`,
      );
    }
    if (table !== null && scanner.take('(')) {
      do {
        const column = this.#columnName();
        if (column !== null) columns.push(column);
      } while (scanner.skipInList() === ',');
      this.#spaceOf(table).columns.set(table.name, columns);
      this.#rowsOf(table, columns);
    }
    scanner.skipStatement();
  }

  insert(): void {
    const scanner = this.#scanner;
    const table = scanner.qualifiedName() ?? scanner.fail('a table name was expected');
    const { name } = table;
    const columns = this.#columnList() ?? this.#knownColumns(table);
    if (!scanner.takeWord('VALUES')) scanner.fail(`VALUES was expected in an INSERT into ${name}`);
    const rows = this.#rowsOf(table, columns);
    do {
      scanner.expect('(', `in an INSERT into ${name}`);
      const row: SqlValue[] = [];
      do row.push(scanner.value());
      while (scanner.take(','));
      scanner.expect(')', `in an INSERT into ${name}`);
      this.#checkWidth(name, columns, row);
      rows.push(row);
    } while (scanner.take(','));
    // Added by pg_dump on request: ON CONFLICT DO NOTHING.
    if (scanner.takeWord('ON')) for (const word of ['CONFLICT', 'DO', 'NOTHING']) scanner.takeWord(word);
    if (!scanner.take(';')) scanner.fail(`';' was expected after an INSERT into ${name}`);
  }

  copy(): void {
    const scanner = this.#scanner;
    const table = scanner.qualifiedName() ?? scanner.fail('a table name was expected');
    const { name } = table;
    const columns = this.#columnList() ?? this.#knownColumns(table);
    // In a dump in directory or archive format, the rows are in other files or in another form.
    if (!scanner.takeWord('FROM') || !scanner.takeWord('STDIN'))
      scanner.fail(`the rows of ${name} are not in this text`);
    scanner.expect(';', `after a COPY of ${name} from stdin`);
    const rows = this.#rowsOf(table, columns);
    for (const row of copyRows(scanner)) {
      this.#checkWidth(name, columns, row);
      rows.push(row);
    }
  }

  #columnName(): string | null {
    for (const word of constraints[this.#scanner.dialect.name]) if (this.#scanner.takeWord(word)) return null;
    return this.#scanner.name();
  }

  #columnList(): readonly string[] | null {
    const scanner = this.#scanner;
    if (!scanner.take('(')) return null;
    const columns: string[] = [];
    do columns.push(scanner.name() ?? scanner.fail('a column name was expected'));
    while (scanner.take(','));
    scanner.expect(')', 'after the column names');
    return columns;
  }

  #knownColumns(table: QualifiedName): readonly string[] {
    const { name } = table;
    return (
      this.#spaceOf(table).columns.get(name) ??
      // A dump that qualifies a table's name here need not have done so in its CREATE TABLE.
      this.#spaces.get('')?.columns.get(name) ??
      this.#scanner.fail(`the columns of ${name} are unknown: no CREATE TABLE comes before its rows`)
    );
  }

  #checkWidth(table: string, columns: readonly string[], row: readonly unknown[]): void {
    if (row.length === columns.length) return;
    this.#scanner.fail(`a row of ${table} has ${row.length} values for ${columns.length} columns`);
  }

  #rowsOf(table: QualifiedName, columns: readonly string[]): SqlValue[][] {
    const { content } = this.#spaceOf(table);
    const { name } = table;
    const known = content.get(name);
    if (known === undefined || known.rows.length === 0) {
      const rows: SqlValue[][] = [];
      content.set(name, { columns, rows });
      return rows;
    }
    if (known.columns.join() === columns.join()) return known.rows;
    return this.#scanner.fail(`rows of ${name} have other columns than those before`);
  }

  #spaceOf({ schema }: QualifiedName): Space {
    const name = [this.#database, schema ?? this.#schema].filter((part) => part !== '').join('.');
    let space = this.#spaces.get(name);
    if (space === undefined) {
      space = { name, content: new Map(), columns: new Map() };
      this.#spaces.set(name, space);
    }
    return space;
  }
}

/** The keywords that begin lines of a CREATE TABLE other than columns; a column of such a name would be quoted. */
const always = ['CONSTRAINT', 'PRIMARY', 'UNIQUE', 'FOREIGN', 'CHECK'];
const constraints = {
  postgresql: [...always, 'EXCLUDE', 'LIKE'],
  mysql: [...always, 'KEY', 'INDEX', 'FULLTEXT', 'SPATIAL'],
};
