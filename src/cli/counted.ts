/** Numbers with what they count. */

/** `1 volume`, `2 volumes`: for words whose plural ends so. */
export function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}
