/** The rows in the text of a `pg_dump` or `mysqldump`, table by table. */
import { InvalidDump } from '../errors/index.ts';
import type { RowSet, SqlValue } from '../rpc/contract.ts';
import { copyRows } from './copy-rows.ts';
import { refuseCutOff } from './dump-end.ts';
import { type Dialect, type QualifiedName, SqlScanner } from './sql-scanner.ts';

/**
 * The tables of the one database or schema that has Cinder's; those of others go by the name of theirs and a dot.
 *
 * @throws {InvalidDump} when the text is neither, ends in the middle, or has Cinder's tables more than once
 */
export function sqlTables(text: string): ReadonlyMap<string, RowSet> {
  const scanner = new SqlScanner(text, dialectOf(text));
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

/** What mysqldump puts before the name of a table, in this order, as it is told to. */
const insertWords = ['LOW_PRIORITY', 'DELAYED', 'HIGH_PRIORITY', 'IGNORE', 'INTO'];

function createStatement(scanner: SqlScanner, tables: Tables): void {
  scanner.takeWord('UNLOGGED');
  if (scanner.takeWord('TABLE')) tables.create();
  else scanner.skipStatement();
}

function dialectOf(text: string): Dialect {
  const start = text.slice(0, 100_000);
  if (/^(?:--[^\n]*\n|\s)*PRAGMA foreign_keys\s*=\s*OFF;\s*BEGIN TRANSACTION;/.test(start)) {
    throw new InvalidDump(
      'This is what the command .dump of sqlite3 writes, which makes a database of it: sqlite3 NEW.sqlite < FILE.',
    );
  }
  if (/PostgreSQL database dump|pg_catalog\.|^COPY \S+ \(.*FROM stdin;/m.test(start)) {
    return { name: 'postgres', backslashes: /standard_conforming_strings = off/.test(start) };
  }
  if (/(?:MySQL|MariaDB) dump|`|\/\*[!M]/.test(start)) return { name: 'mysql', backslashes: true };
  throw new InvalidDump(
    'The text is no dump that can be read: it looks neither like JSON nor like what pg_dump or mysqldump write.',
  );
}

/** A table that has rows or may get some. */
interface Table {
  readonly columns: readonly string[];
  readonly rows: SqlValue[][];
}

/** What is in one database, of PostgreSQL in one of its schemas. */
interface Space {
  readonly name: string;
  readonly content: Map<string, Table>;
  /** The columns of each table, in their order. */
  readonly columns: Map<string, readonly string[]>;
}

class Tables {
  readonly #scanner: SqlScanner;
  readonly #spaces = new Map<string, Space>();
  /** Where names without a schema are; the database, where a dump holds several. */
  #schema = '';
  #database = '';

  constructor(scanner: SqlScanner) {
    this.#scanner = scanner;
  }

  /** @throws {InvalidDump} when several databases or schemas have the tables */
  chosen(): ReadonlyMap<string, RowSet> {
    const spaces = [...this.#spaces.values()];
    const withVolumes = spaces.filter(({ content }) => content.has('volumes'));
    const filled = withVolumes.filter(({ content }) => content.get('volumes')?.rows.length !== 0);
    const [chosen, another] = filled.length === 1 ? filled : withVolumes;
    if (chosen === undefined) return new Map(spaces.flatMap(({ content }) => [...content]));
    if (another !== undefined) {
      const names = withVolumes.map(({ name }) => JSON.stringify(name)).join(', ');
      throw new InvalidDump(
        `The SQL text holds tables of Cinder more than once: in ${names}. They are of different databases, and are not ` +
          'put together. Dump one of them by itself.',
      );
    }
    const others = spaces.filter((space) => space !== chosen);
    const named = others.flatMap(({ name, content }) =>
      [...content].map(([table, rows]): [string, Table] => [`${name}.${table}`, rows]),
    );
    return new Map([...chosen.content, ...named]);
  }

  /** A command of psql, such as `\\restrict`: it ends with its line. */
  command(line: string): void {
    const [, database] = /^c(?:onnect)?\s+(.*)$/.exec(line) ?? [];
    if (database !== undefined) this.#database = database;
  }

  /** What comes is of another database. */
  use(database: string | null): void {
    this.#schema = database ?? '';
    this.#scanner.skipStatement();
  }

  /** As pg_dump did it before it wrote every name in full. */
  searchPath(): void {
    if (!this.#scanner.take('=')) this.#scanner.takeWord('TO');
    this.#schema = this.#scanner.name() ?? '';
    this.#scanner.skipStatement();
  }

  /**
   * Remembers the columns in their order, for rows that come without their names. A table that begins again is of
   * another dump, whose rows must not become one with those before.
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
        `the table ${table.name} begins again, as if two dumps were put together: dump the one that is meant alone`,
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
    const table = scanner.qualifiedName() ?? scanner.fail('the name of a table was expected');
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
    // What pg_dump adds when it is told to: ON CONFLICT DO NOTHING.
    if (scanner.takeWord('ON')) for (const word of ['CONFLICT', 'DO', 'NOTHING']) scanner.takeWord(word);
    if (!scanner.take(';')) scanner.fail(`; was expected after an INSERT into ${name}`);
  }

  copy(): void {
    const scanner = this.#scanner;
    const table = scanner.qualifiedName() ?? scanner.fail('the name of a table was expected');
    const { name } = table;
    const columns = this.#columnList() ?? this.#knownColumns(table);
    // Elsewhere, in files or in another form, they are when a dump was made as a folder or an archive.
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
    do columns.push(scanner.name() ?? scanner.fail('the name of a column was expected'));
    while (scanner.take(','));
    scanner.expect(')', 'after the names of columns');
    return columns;
  }

  #knownColumns(table: QualifiedName): readonly string[] {
    const { name } = table;
    return (
      this.#spaceOf(table).columns.get(name) ??
      // Who says where a table is does not always say it each time.
      this.#spaces.get('')?.columns.get(name) ??
      this.#scanner.fail(`the columns of ${name} are not known: its CREATE TABLE does not come before its rows`)
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
    return this.#scanner.fail(`rows of ${name} come with other columns than those before`);
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

/** How the lines of a CREATE TABLE begin that are no columns; a column of such a name has quotes around it. */
const always = ['CONSTRAINT', 'PRIMARY', 'UNIQUE', 'FOREIGN', 'CHECK'];
const constraints = {
  postgres: [...always, 'EXCLUDE', 'LIKE'],
  mysql: [...always, 'KEY', 'INDEX', 'FULLTEXT', 'SPATIAL'],
};
