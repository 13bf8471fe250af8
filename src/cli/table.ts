/** Prints rows for people, in columns that fit the terminal. */
import Table from 'cli-table3';

/** Separates cells only by spaces, so that lines can be copied. */
const chars = {
  ...{ top: '', 'top-mid': '', 'top-left': '', 'top-right': '', bottom: '', 'bottom-mid': '', 'bottom-left': '' },
  ...{ 'bottom-right': '', left: '', 'left-mid': '', mid: '', 'mid-mid': '', right: '', 'right-mid': '', middle: '  ' },
};
const gap = 2;
/** The minimum column width; less text would be useless. */
const narrowest = 6;
/** The customary length of a shortened id. */
const shortId = 8;

type Rows = readonly (readonly string[])[];

export interface Column {
  readonly title: string;
  readonly alignment?: 'left' | 'right';
  /**
   * Whether the column contains ids. They are shown in full or, if that leaves too little space for other columns,
   * shortened to unique prefixes, which `show` accepts.
   */
  readonly ids?: boolean;
}

/** @param paint highlights the title of a column */
export function tableText(
  columns: readonly Column[],
  rows: Rows,
  width: number,
  paint: (title: string) => string,
): string {
  const wanted = (shown: Rows): Wanted[] =>
    columns.map(({ title, ids = false, alignment }, place) => ({
      width: shown.reduce((most, row) => Math.max(most, displayWidth(row[place] ?? '')), title.length),
      // A truncated number would be misleading.
      whole: ids || alignment === 'right',
    }));
  const whole = fitted(wanted(rows), width);
  const shown = totalOf(whole) <= width ? rows : withShortIds(columns, rows);
  const widths = shown === rows ? whole : fitted(wanted(shown), width);
  const table = new Table({
    chars,
    colWidths: widths,
    colAligns: columns.map(({ alignment }) => alignment ?? 'left'),
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
  });
  table.push(columns.map(({ title }) => paint(title)));
  for (const row of shown) table.push(row.map((text, place) => cut(text, widths[place] ?? 0)));
  return `${table.toString().replace(/[ \t]+$/gm, '')}\n`;
}

interface Wanted {
  readonly width: number;
  /** Whether the column must not be truncated. */
  readonly whole: boolean;
}

/** Narrows the widest columns until all fit, or none can be narrowed further. */
function fitted(columns: readonly Wanted[], width: number): number[] {
  const widths = columns.map((column) => column.width);
  while (totalOf(widths) > width) {
    const most = Math.max(...widths.filter((_, place) => columns[place]?.whole === false));
    if (most <= narrowest) break;
    widths[widths.findIndex((each, place) => each === most && columns[place]?.whole === false)] = most - 1;
  }
  return widths;
}

function totalOf(widths: readonly number[]): number {
  return widths.reduce((sum, each) => sum + each, gap * (widths.length - 1));
}

/** The rows with the ids of each column shortened to unique prefixes. */
function withShortIds(columns: readonly Column[], rows: Rows): Rows {
  const lengths = columns.map(({ ids = false }, place) => {
    if (!ids) return null;
    const all = [...new Set(rows.map((row) => row[place] ?? ''))];
    let length = shortId;
    while (new Set(all.map((id) => id.slice(0, length))).size < all.length) length++;
    return length;
  });
  return rows.map((row) => row.map((text, place) => text.slice(0, lengths[place] ?? undefined)));
}

/** Truncates a text between characters; the table itself might split a surrogate pair. */
function cut(text: string, width: number): string {
  if (displayWidth(text) <= width) return text;
  let kept = '';
  let left = width - 1;
  for (const character of text) {
    left -= displayWidth(character);
    if (left < 0) break;
    kept += character;
  }
  return `${kept}…`;
}

/** The width of a text in terminal cells: East Asian characters and emoji take two. */
function displayWidth(text: string): number {
  let width = 0;
  for (const character of text) width += wide.test(character) ? 2 : /\p{M}/u.test(character) ? 0 : 1;
  return width;
}

const wide =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Extended_Pictographic}/u;
