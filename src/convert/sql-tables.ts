/** The rows in the text of a `pg_dump` or `mysqldump`, table by table. */
import { InvalidDump } from '../errors/index.ts';
import type { RowSet, SqlValue } from '../rpc/contract.ts';
import { copyRows } from './copy-rows.ts';
import { type Dialect, SqlScanner } from './sql-scanner.ts';

/** @throws {InvalidDump} when the text is neither, or ends in the middle */
export function sqlTables(text: string): ReadonlyMap<string, RowSet> {
  const scanner = new SqlScanner(text, dialectOf(text));
  const tables = new Tables(scanner);
  while (!scanner.atEnd) {
    if (scanner.take('\\')) {
      // A command of psql, such as \restrict: it ends with its line.
      const end = text.indexOf('\n', scanner.position);
      scanner.position = end < 0 ? text.length : end;
    } else if (scanner.takeWord('CREATE') && scanner.takeWord('TABLE')) tables.create();
    else if (scanner.takeWord('INSERT') || scanner.takeWord('REPLACE')) tables.insert();
    else if (scanner.takeWord('COPY')) tables.copy();
    else scanner.skipStatement();
  }
  return tables.content;
}

function dialectOf(text: string): Dialect {
  const start = text.slice(0, 100_000);
  if (/PostgreSQL database dump|pg_catalog\.|^COPY \S+ \(.*FROM stdin;/m.test(start)) {
    return { name: 'postgres', backslashes: /standard_conforming_strings = off/.test(start) };
  }
  if (/(?:MySQL|MariaDB) dump|`|\/\*[!M]/.test(start)) return { name: 'mysql', backslashes: true };
  throw new InvalidDump(
    'The text is no dump that can be read: it looks neither like JSON nor like what pg_dump or mysqldump write.',
  );
}

class Tables {
  readonly content = new Map<string, { readonly columns: readonly string[]; readonly rows: SqlValue[][] }>();
  readonly #scanner: SqlScanner;
  readonly #columns = new Map<string, readonly string[]>();

  constructor(scanner: SqlScanner) {
    this.#scanner = scanner;
  }

  /**
   * Remembers the columns in their order, for rows that come without their names. A table that begins again is one of
   * another database or schema: their rows must not become one.
   */
  create(): void {
    const scanner = this.#scanner;
    if (scanner.takeWord('IF')) {
      scanner.takeWord('NOT');
      scanner.takeWord('EXISTS');
    }
    const table = scanner.lastName();
    const columns: string[] = [];
    if (table !== null && this.content.get(table)?.rows.length) {
      scanner.fail(`the table ${table} begins again, in another database or schema: dump the one that is meant alone`);
    }
    if (table !== null && scanner.take('(')) {
      do {
        const column = this.#columnName();
        if (column !== null) columns.push(column);
      } while (scanner.skipInList() === ',');
      this.#columns.set(table, columns);
      this.#rowsOf(table, columns);
    }
    scanner.skipStatement();
  }

  /** `INSERT IGNORE`, `REPLACE` and `ON CONFLICT DO NOTHING` are for who plays the dump into tables that have rows. */
  insert(): void {
    const scanner = this.#scanner;
    scanner.takeWord('IGNORE');
    scanner.takeWord('INTO');
    const table = scanner.lastName() ?? scanner.fail('the name of a table was expected');
    const columns = this.#columnList() ?? this.#knownColumns(table);
    if (!scanner.takeWord('VALUES')) scanner.fail(`VALUES was expected in an INSERT into ${table}`);
    const rows = this.#rowsOf(table, columns);
    do {
      scanner.expect('(', `in an INSERT into ${table}`);
      const row: SqlValue[] = [];
      do row.push(scanner.value());
      while (scanner.take(','));
      scanner.expect(')', `in an INSERT into ${table}`);
      this.#checkWidth(table, columns, row);
      rows.push(row);
    } while (scanner.take(','));
    if (scanner.takeWord('ON')) scanner.skipStatement();
    else if (!scanner.take(';')) scanner.fail(`; was expected after an INSERT into ${table}`);
  }

  copy(): void {
    const scanner = this.#scanner;
    const table = scanner.lastName() ?? scanner.fail('the name of a table was expected');
    const columns = this.#columnList() ?? this.#knownColumns(table);
    scanner.skipStatement();
    const rows = this.#rowsOf(table, columns);
    for (const row of copyRows(scanner)) {
      this.#checkWidth(table, columns, row);
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

  #knownColumns(table: string): readonly string[] {
    return (
      this.#columns.get(table) ??
      this.#scanner.fail(`the columns of ${table} are not known: its CREATE TABLE does not come before its rows`)
    );
  }

  #checkWidth(table: string, columns: readonly string[], row: readonly unknown[]): void {
    if (row.length === columns.length) return;
    this.#scanner.fail(`a row of ${table} has ${row.length} values for ${columns.length} columns`);
  }

  #rowsOf(table: string, columns: readonly string[]): SqlValue[][] {
    const content = this.content.get(table);
    if (content === undefined || content.rows.length === 0) {
      const rows: SqlValue[][] = [];
      this.content.set(table, { columns, rows });
      return rows;
    }
    if (content.columns.join() === columns.join()) return content.rows;
    return this.#scanner.fail(`rows of ${table} come with other columns than those before`);
  }
}

/** How the lines of a CREATE TABLE begin that are no columns; a column of such a name has quotes around it. */
const always = ['CONSTRAINT', 'PRIMARY', 'UNIQUE', 'FOREIGN', 'CHECK'];
const constraints = {
  postgres: [...always, 'EXCLUDE', 'LIKE'],
  mysql: [...always, 'KEY', 'INDEX', 'FULLTEXT', 'SPATIAL'],
};
