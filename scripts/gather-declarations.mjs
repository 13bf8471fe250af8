/**
 * Gathers the declarations that users of an entry point need, from the files that the compiler emits. It works on their
 * text, whose form is regular: each statement begins in the first column, after its docstring. Any other form is an
 * error, and so is a name that would mean two things in one file.
 */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const start = /^(?:\/\*\*(?:(?!\*\/)[\s\S])*\*\/\n)?(?:import|export|declare|interface|type)\b/gm;
const declaration = /^(?:export )?(?:declare )?(?:abstract )?(?:class|const|function|interface|type) (?<name>\w+)/;
const names = String.raw`\{(?<names>(?:\s*(?:type )?\w+\s*(?:,|(?=\})))*\s*)\}`;
const list = new RegExp(String.raw`^(?:import|export) (?<type>type )?(?:\*|${names})(?: from '(?<from>\.[^']+)')?;$`);
/** A name, but not that of a member or a parameter. (A conditional type has a space before its colon.) */
const reference = /(?<![.\w$#])[A-Za-z_]\w*(?![\w$]|\??[:(])/g;

/** Files that were read, each as `readModule` returns it. */
const modules = new Map();

/**
 * @param {string} entry A declaration file.
 * @param {{ kept: Map, exported: Map }} library What another file declares: its exports are imported from it.
 * @returns `kept`: by name, declarations and the file that they are from; `exported`: by name, whether only the type is;
 *   `imported`: the names to import from the other file.
 */
export function gatherDeclarations(entry, library = { kept: new Map(), exported: new Map() }) {
  const { exported } = readModule(entry);
  const [kept, imported, globals] = [new Map(), new Set(), new Map()];
  const waiting = [...exported.keys()].map((name) => ({ name, user: entry }));
  // It grows while it is iterated.
  for (const { name, user } of waiting) {
    const file = homeOf(name, user);
    if (file === null) globals.set(name, user);
    else if (library.exported.has(name)) imported.add(name);
    else if (library.kept.has(name)) throw new Error(`${user} needs ${name}, which the library does not export.`);
    else if (!kept.has(name)) {
      const statements = readModule(file).declared.get(name);
      kept.set(name, { file, statements });
      const code = codeOf(statements.join('')).replace(/'[^'\n]*'/g, "''");
      for (const [found] of code.matchAll(reference)) waiting.push({ name: found, user: file });
    } else if (kept.get(name).file !== file) {
      throw new Error(`${kept.get(name).file} and ${file} declare ${name}, and users need both: rename one.`);
    }
  }
  const hidden = [...kept.keys(), ...imported].find((name) => globals.has(name));
  if (hidden !== undefined) throw new Error(`${globals.get(hidden)} means another ${hidden} than ours: rename ours.`);
  return { kept, exported, imported };
}

/** The file that declares what a file means by a name; null for the platform's names and type parameters. */
function homeOf(name, file) {
  const { declared, origins } = readModule(file);
  if (declared.has(name)) return file;
  return origins.has(name) ? homeOf(name, origins.get(name)) : null;
}

/** By name: the declarations in a file, the files that it has other names from, and its exports. */
function readModule(file) {
  const known = modules.get(file);
  if (known !== undefined) return known;
  const [declared, origins, exported] = [new Map(), new Map(), new Map()];
  const text = readFileSync(file, 'utf8');
  const starts = [...text.matchAll(start)].map(({ index }) => index);
  for (const [place, at] of starts.entries()) {
    const statement = text.slice(at, starts[place + 1]);
    const code = codeOf(statement);
    const { name } = declaration.exec(code)?.groups ?? {};
    const listed = list.exec(code)?.groups;
    if ((name ?? listed) === undefined || /\bimport\(/.test(code)) throw new Error(`Unknown form in ${file}: ${code}`);
    if (name !== undefined) declared.set(name, [...(declared.get(name) ?? []), statement]);
    const origin = listed?.from && join(dirname(file), listed.from.replace(/\.ts$/, '.d.ts'));
    for (const [each, isType] of name === undefined ? namesIn(listed, origin) : [[name, false]]) {
      if (origin !== undefined) origins.set(each, origin);
      if (code.startsWith('export ')) exported.set(each, isType);
    }
  }
  const read = { declared, origins, exported };
  modules.set(file, read);
  return read;
}

/** What is imported or exported in braces, or with `*`. */
function namesIn(listed, origin) {
  if (listed.names === undefined) return [...readModule(origin).exported];
  const each = listed.names.split(',').map((name) => name.trim());
  return each
    .filter((name) => name !== '')
    .map((name) => [name.replace(/^type /, ''), listed.type !== undefined || name.startsWith('type ')]);
}

function codeOf(text) {
  return text.replace(/\/\*[\s\S]*?\*\//g, '').trim();
}
