/** Rows for people, in columns that fit the terminal. */
import Table from 'cli-table3';

/** What stands between and around the cells: nothing but space, so that a line can be copied. */
const chars = {
  ...{ top: '', 'top-mid': '', 'top-left': '', 'top-right': '', bottom: '', 'bottom-mid': '', 'bottom-left': '' },
  ...{ 'bottom-right': '', left: '', 'left-mid': '', mid: '', 'mid-mid': '', right: '', 'right-mid': '', middle: '  ' },
};
const gap = 2;
/** Narrower than this a text tells nothing. */
const narrowest = 6;

export interface Column {
  readonly title: string;
  readonly alignment?: 'left' | 'right';
  /** Whether it is shown whole, whatever the width: an id that was cut is none. */
  readonly whole?: boolean;
}

/** @param paint makes a title of a column stand out */
export function tableText(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  width: number,
  paint: (title: string) => string,
): string {
  const widths = fitted(
    columns.map(({ title, whole = false }, place) => ({
      wanted: rows.reduce((most, row) => Math.max(most, displayWidth(row[place] ?? '')), title.length),
      whole,
    })),
    width,
  );
  const table = new Table({
    chars,
    colWidths: widths,
    colAligns: columns.map(({ alignment }) => alignment ?? 'left'),
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
  });
  table.push(columns.map(({ title }) => paint(title)));
  for (const row of rows) table.push([...row]);
  return `${table.toString().replace(/[ \t]+$/gm, '')}\n`;
}

/** Takes room from the widest columns until all fit. */
function fitted(columns: readonly { readonly wanted: number; readonly whole: boolean }[], width: number): number[] {
  const widths = columns.map(({ wanted }) => wanted);
  const total = (): number => widths.reduce((sum, each) => sum + each, gap * (widths.length - 1));
  while (total() > width) {
    const most = Math.max(...widths.filter((_, place) => columns[place]?.whole === false));
    if (most <= narrowest) break;
    widths[widths.findIndex((each, place) => each === most && columns[place]?.whole === false)] = most - 1;
  }
  return widths;
}

/** Cells that a text takes: those of East Asia and of pictures are two wide. */
function displayWidth(text: string): number {
  let width = 0;
  for (const character of text) width += wide.test(character) ? 2 : /\p{M}/u.test(character) ? 0 : 1;
  return width;
}

const wide =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Extended_Pictographic}/u;
