/** What an editor shows: every exported symbol has a docstring, and so has every public member of a class or interface. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { dist } from './support/built.ts';

const declaration =
  /^declare (?:abstract )?(?:class|function) (?<thing>\w+)|^(?:declare const|interface|type) (?<other>\w+)/;
const withMembers = /^(?:declare )?(?:abstract )?(?:class|interface) /;
const member = /^ {4}(?:(?:static|readonly|abstract|get|set) )*(?<name>[A-Za-z_]\w*)[?!]?(?:[(<:;]|$)/;
/** Members that need no docstring: what every error has, what JavaScript calls, and what users cannot call. */
const needsNone =
  /^ {4}(?:(?:abstract )?readonly (?:name|code):|constructor\b|toString\(|toJSON\(|(?:private|protected) )/;
const parent = /^(?:declare |abstract )*(?:class|interface) \w+.* extends (?<name>\w+)/;

interface Declared {
  readonly isDocumented: boolean;
  /** The class that it extends, whose docstrings it inherits. */
  readonly base: string | undefined;
  /** Whether each member is documented. */
  readonly members: Map<string, boolean>;
}

/** The declarations of a file with types, by name. */
function declarations(text: string): Map<string, Declared> {
  const found = new Map<string, Declared>();
  let current: Declared | undefined;
  let inside = false;
  let above = '';
  for (const line of text.split('\n')) {
    const isDocumented = above.trimEnd().endsWith('*/');
    const { thing, other } = declaration.exec(line)?.groups ?? {};
    const name = thing ?? other;
    if (name !== undefined) {
      // Of the overloads of a function, the first is documented; a class and an interface of one name are merged.
      current = found.get(name) ?? { isDocumented, base: parent.exec(line)?.groups?.['name'], members: new Map() };
      found.set(name, current);
    }
    if (/^\S/.test(line)) inside = withMembers.test(line);
    const part = !inside || needsNone.test(line) ? undefined : member.exec(line)?.groups?.['name'];
    // A setter follows its getter, and an overload another signature of the same method.
    if (part !== undefined) current?.members.set(part, isDocumented || (current.members.get(part) ?? false));
    above = line;
  }
  return found;
}

function isDocumented(all: ReadonlyMap<string, Declared>, name: string | undefined, part: string): boolean {
  const declared = name === undefined ? undefined : all.get(name);
  if (declared === undefined) return false;
  return declared.members.get(part) === true || isDocumented(all, declared.base, part);
}

test.each([
  ['index', 100],
  ['testing', 4],
])('every export of %s.d.ts and its public members have a docstring', (entry, atLeast) => {
  const text = readFileSync(join(dist, 'types', `${entry}.d.ts`), 'utf8');
  const all = declarations(text);
  const list = /^export \{(?<names>[^}]*)\};/m.exec(text)?.groups?.['names'] ?? '';
  const names = [...list.matchAll(/(?:type )?(?<name>\w+),/g)].map(({ groups }) => groups?.['name'] ?? '');
  expect(names.length).toBeGreaterThan(atLeast);
  expect(names.filter((name) => !all.has(name))).toEqual([]);
  const missing = names.flatMap((name) => [
    ...(all.get(name)?.isDocumented ? [] : [name]),
    ...[...(all.get(name)?.members.keys() ?? [])].flatMap((part) =>
      isDocumented(all, name, part) ? [] : [`${name}.${part}`],
    ),
  ]);
  expect(missing).toEqual([]);
});
