/** Values as JSON has them: lists and dictionaries inside each other. */
import { ValueError } from '../errors/index.ts';
import { dict, entriesOf, isDict } from './dict.ts';

/** How deep values may be nested: as deep as Python's recursion limit lets it read and write them. */
export const maximumDepth = 1000;

/** Refuses what is nested too deeply to be walked; a value that holds itself has no end at all. */
export function checkDepth(depth: number): void {
  if (depth > maximumDepth) throw new ValueError(`JSON nested deeper than ${maximumDepth} levels.`);
}

/** The same lists and dictionaries again, so that a change to one side is none to the other. */
export function copyTree(value: unknown, depth = 0): unknown {
  if (Array.isArray(value)) {
    checkDepth(depth);
    // Not `map`, which leaves holes where a list has holes.
    return Array.from(value, (item: unknown) => copyTree(item, depth + 1));
  }
  if (!isDict(value)) return value;
  checkDepth(depth);
  return dict(entriesOf(value).map(([key, item]) => [key, copyTree(item, depth + 1)] as const));
}
