/** JSON values: nested lists and dicts. */
import { ValueError } from '../errors/index.ts';
import { dict, entriesOf, isDict } from './dict.ts';

/** The maximum nesting depth of values, as imposed by Python's recursion limit. */
export const maximumDepth = 1000;

/** Refuses values nested too deeply to be traversed, cyclic ones included. */
export function checkDepth(depth: number): void {
  if (depth > maximumDepth) throw new ValueError(`JSON nested deeper than ${maximumDepth} levels.`);
}

/** A deep copy of the lists and dicts. */
export function copyTree(value: unknown, depth = 0): unknown {
  if (Array.isArray(value)) {
    checkDepth(depth);
    // Not `map`, which preserves holes.
    return Array.from(value, (item: unknown) => copyTree(item, depth + 1));
  }
  if (!isDict(value)) return value;
  checkDepth(depth);
  return dict(entriesOf(value).map(([key, item]) => [key, copyTree(item, depth + 1)] as const));
}
