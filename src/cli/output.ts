/** The output of commands: a table for people, tab-separated lines for programs, or JSON. */
import { jsonText, spaced } from '../serialization/json-text.ts';
import { isSecret, MASK, maskSecrets, maskText } from './mask.ts';
import { escaped, printable } from './printable.ts';
import { tableText } from './table.ts';
import type { Terminal } from './terminal.ts';

export interface OutputOptions {
  readonly json: boolean;
  readonly showSecrets: boolean;
}

/** A row, whose column names are also the keys of its JSON. */
export type Row = Readonly<Record<string, unknown>>;

export class Output {
  readonly terminal: Terminal;
  readonly json: boolean;
  readonly showSecrets: boolean;

  constructor(terminal: Terminal, { json, showSecrets }: OutputOptions) {
    this.terminal = terminal;
    this.json = json;
    this.showSecrets = showSecrets;
  }

  /** The value with its secrets masked, unless they are to be shown. */
  masked(value: unknown): unknown {
    return this.showSecrets ? value : maskSecrets(value);
  }

  /** The value of a named field with its secrets masked, unless they are to be shown. */
  maskedField(name: string, value: unknown): unknown {
    if (this.showSecrets) return value;
    if (isSecret(name, value)) return MASK;
    return typeof value === 'string' ? maskText(value) : maskSecrets(value);
  }

  /** Prints a value as one line of JSON. */
  async printJson(value: unknown, stream: 'out' | 'error' = 'out'): Promise<void> {
    await this.terminal.write(stream, `${jsonText(value, spaced)}\n`);
  }

  /** Prints rows as they arrive; for people, all at once, since column widths depend on every row. */
  async printRows(columns: readonly string[], rows: AsyncIterable<Row> | Iterable<Row>): Promise<void> {
    if (this.json) return this.#printJsonRows(rows);
    if (!this.terminal.forPeople) return this.#printLines(columns, rows);
    const cells: string[][] = [];
    for await (const row of rows) cells.push(columns.map((column) => printable(cell(row[column]))));
    const { bold } = this.terminal.colors('out');
    const titles = columns.map((column) => ({
      title: column.replaceAll('_', ' '),
      alignment: amounts.has(column) ? ('right' as const) : ('left' as const),
      ids: /(?:^|_)id$/.test(column),
    }));
    await this.terminal.out(tableText(titles, cells, this.terminal.columns, bold));
  }

  /** Prints names and values, one pair per line. */
  async printFields(fields: Row): Promise<void> {
    if (this.json) return this.printJson(fields);
    const entries = Object.entries(fields).filter(([, value]) => value !== null && value !== undefined);
    const { bold } = this.terminal.colors('out');
    const width = Math.max(...entries.map(([name]) => name.length));
    const lines = entries.map(([name, value]) =>
      this.terminal.forPeople
        ? `${bold(name.padEnd(width))}  ${printable(cell(value))}`
        : `${name}\t${escaped(cell(value))}`,
    );
    await this.terminal.out(`${lines.join('\n')}\n`);
  }

  /** Prints a note for people. With JSON, nothing: the result says it, and the error stream is reserved for errors. */
  async note(text: string): Promise<void> {
    if (this.json) return;
    await this.terminal.error(`${this.terminal.colors('error').yellow('note:')} ${text}\n`);
  }

  async #printJsonRows(rows: AsyncIterable<Row> | Iterable<Row>): Promise<void> {
    let separator = '[';
    for await (const row of rows) {
      if (this.terminal.isOutputClosed) return;
      await this.terminal.out(`${separator}${jsonText(row, spaced)}`);
      separator = ',\n ';
    }
    await this.terminal.out(separator === '[' ? '[]\n' : ']\n');
  }

  async #printLines(columns: readonly string[], rows: AsyncIterable<Row> | Iterable<Row>): Promise<void> {
    await this.terminal.out(`${columns.join('\t')}\n`);
    for await (const row of rows) {
      if (this.terminal.isOutputClosed) return;
      await this.terminal.out(`${columns.map((column) => escaped(cell(row[column]))).join('\t')}\n`);
    }
  }
}

const amounts = new Set(['size', 'volumes']);

/** The value of one cell. */
function cell(value: unknown): unknown {
  return typeof value === 'object' && value !== null ? jsonText(value, spaced) : value;
}
