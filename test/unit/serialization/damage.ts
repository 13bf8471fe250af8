/** Changes at random places of a dump. */
import fc from 'fast-check';
import { dict, entriesOf, isDict } from '../../../src/cinder/dict.ts';

/** One change; as data, so that a failed test can show it. */
export interface Change {
  /** The number of the value that is meant, counted from the outside in. */
  readonly where: number;
  /** `put` replaces the value, `shift` takes its first element away, `name` gives it an element more. */
  readonly how: 'put' | 'shift' | 'name';
  readonly value: unknown;
  /** The number of the name of the new element: one that stands elsewhere in the dump. */
  readonly name: number;
}

export function anyChange(value: fc.Arbitrary<unknown>): fc.Arbitrary<Change> {
  return fc.record({ where: fc.nat(), how: fc.constantFrom('put', 'shift', 'name'), value, name: fc.nat() });
}

/** The dump with the change in it; what is nested deeper than any dump counts as one value. */
export function changed(dump: unknown, change: Change): unknown {
  const target = change.where % valuesIn(dump).length;
  const names = valuesIn(dump).flatMap((value) => (isDict(value) ? Object.keys(value) : []));
  const name = names[change.name % names.length] ?? '';
  let place = 0;
  const walk = (value: unknown, depth: number): unknown => {
    const how = place++ === target ? change.how : null;
    if (how === 'put') return change.value;
    if (depth === maximumDepth) return value;
    if (Array.isArray(value)) {
      const items: unknown[] = value.map((item: unknown) => walk(item, depth + 1));
      return how === 'shift' ? items.slice(1) : how === 'name' ? [...items, change.value] : items;
    }
    if (!isDict(value)) return value;
    const entries = entriesOf(value).map(([key, item]) => [key, walk(item, depth + 1)] as const);
    return dict(how === 'shift' ? entries.slice(1) : how === 'name' ? [...entries, [name, change.value]] : entries);
  };
  return walk(dump, 0);
}

const maximumDepth = 50;

/** Every value in a value, itself first. */
function valuesIn(value: unknown, depth = 0): unknown[] {
  if (depth === maximumDepth) return [value];
  const inside = Array.isArray(value) ? value : isDict(value) ? entriesOf(value).map(([, item]) => item) : [];
  return [value, ...inside.flatMap((item: unknown) => valuesIn(item, depth + 1))];
}
