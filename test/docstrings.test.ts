/**
 * Every exported symbol has a docstring, and so has every public member of an exported class or interface.
 *
 * Works on the text: declarations begin in the first column and members in the third, which the formatter ensures.
 */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const source = (file: string): readonly string[] => {
  return readFileSync(new URL(`../src/${file}`, import.meta.url), 'utf8').split('\n');
};

/** By file, the names that the entry point exports from it; null for all of them. */
function exportsOf(entry: string): [file: string, names: ReadonlySet<string> | null][] {
  const folder = entry.includes('/') ? entry.slice(0, entry.lastIndexOf('/') + 1) : '';
  const statements = source(entry)
    .join('\n')
    .matchAll(/^export (?:type )?(?:\*|\{(?<names>[^}]*)\}) from '\.\/(?<file>[^']+)'/gm);
  return [...statements].flatMap(({ groups }): [string, ReadonlySet<string> | null][] => {
    const { names, file = '' } = groups ?? {};
    if (names === undefined) return exportsOf(folder + file);
    const list = names.split(',').map((name) => name.replace(/^\s*type\s+/, '').trim());
    return [[folder + file, new Set(list.filter((name) => name !== ''))]];
  });
}

const declaration =
  /^export (?:declare )?(?:abstract )?(?:async )?(?:class|function|interface|type|const) (?<name>\w+)/;
const member = /^ {2}(?:(?:static|readonly|abstract|async|get|set|declare)\s+|\*)*(?<name>[A-Za-z_]\w*)[?!]?\s*[(<:=;]/;
/** Members that need no docstring: overrides are documented in their base class, the others are JavaScript's own. */
const needsNone = /^ {2}(?:[a-z ]*\b(?:override|private|protected)\b|constructor\b|toString\b|toJSON\b)/;

/** The names of undocumented symbols, such as `Volume.save`. */
function undocumented(entry: string): string[] {
  return exportsOf(entry).flatMap(([file, names]) => {
    const lines = source(file);
    const missing: string[] = [];
    let parent: string | null = null;
    let before = '';
    for (const [place, line] of lines.entries()) {
      // A comment for the linter may come in between.
      const above = lines[place - 1]?.startsWith('// biome-ignore ') ? lines[place - 2] : lines[place - 1];
      const isDocumented = above?.trimEnd().endsWith('*/') ?? false;
      const declared = declaration.exec(line)?.groups?.['name'];
      if (/^\S/.test(line) && line !== ') {') parent = null;
      if (declared !== undefined && (names?.has(declared) ?? true)) {
        if (!isDocumented) missing.push(declared);
        if (/^export (?:abstract )?(?:class|interface) /.test(line)) parent = declared;
      }
      const name = member.exec(line)?.groups?.['name'];
      if (parent === null || name === undefined || needsNone.test(line)) continue;
      // A setter follows its getter, or an overload another signature of the same method.
      if (!isDocumented && name !== before) missing.push(`${parent}.${name}`);
      before = name;
    }
    return missing;
  });
}

test('every exported symbol and its public members have a docstring', () => {
  expect(exportsOf('index.ts').flatMap(([, names]) => [...(names ?? [])]).length).toBeGreaterThan(60);
  expect(undocumented('index.ts')).toEqual([]);
});
