/** Formats counts with their nouns. */

/** `1 volume`, `2 volumes`: for nouns with a regular plural. */
export function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}
