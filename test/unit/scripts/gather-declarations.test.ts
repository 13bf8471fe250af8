/** What the published declaration files are made of, with small files as the compiler emits them. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Gathered, gatherDeclarations } from '../../../scripts/gather-declarations.mjs';
import { inTemporaryFolder } from '../../support/golden.ts';

type Files = Readonly<Record<string, string>>;

/** Gathers from `testing.d.ts`, after `index.d.ts` if there is one. */
function gather(files: Files): Promise<Gathered> {
  return inTemporaryFolder(async (folder) => {
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, `${name}.d.ts`), text);
    const library = 'index' in files ? gatherDeclarations(join(folder, 'index.d.ts')) : undefined;
    return gatherDeclarations(join(folder, 'testing.d.ts'), library);
  });
}

const statementsOf = ({ kept }: Gathered): string[] => [...kept.values()].flatMap(({ statements }) => statements);

describe('gatherDeclarations()', () => {
  it('keeps what the exports need, with overloads and docstrings', async () => {
    const first = '/** The first.\n * @example\nimport x\n */\nexport declare function f(a: string): void;\n';
    const second = "export declare function f(a: number): B<'D'>;\n";
    const own = 'export interface B<T> {\n    D(): T;\n    [c]: string;\n}\n';
    const gathered = await gather({
      testing: "export * from './a.ts';\nexport { type B } from './b.ts';\n",
      a: `/** The file. */\nimport type { B } from './b.ts';\n${first}${second}export {};\n`,
      b: `${own}declare const c: unique symbol;\ntype D = 1;\n`,
    });
    expect(statementsOf(gathered)).toStrictEqual([first, second, own, 'declare const c: unique symbol;\n']);
    expect([...gathered.exported]).toStrictEqual([
      ['f', false],
      ['B', true],
    ]);
  });

  it('follows conditional, keyed and queried types', async () => {
    const text = 'export type A<T> = T extends B ? C : D[typeof e];\ntype B = 1;\ntype C = 2;\n';
    const gathered = await gather({ testing: `${text}interface D {\n}\ndeclare const e: 3;\ntype F = 4;\n` });
    expect([...gathered.kept.keys()]).toStrictEqual(['A', 'B', 'C', 'D', 'e']);
  });

  it("imports the library's exports, and has no second copy of its private declarations", async () => {
    const files = {
      index: "export { A } from './a.ts';\n",
      testing: "export { T } from './t.ts';\n",
      a: 'export interface A extends P {\n}\nexport interface P {\n}\n',
    };
    const gathered = await gather({ ...files, t: "import { A } from './a.ts';\nexport type T = A;\n" });
    expect([[...gathered.kept.keys()], [...gathered.imported]]).toStrictEqual([['T'], ['A']]);
    const copy = gather({ ...files, t: "import { P } from './a.ts';\nexport type T = P;\n" });
    await expect(copy).rejects.toThrow(/t\.d\.ts needs P, which the library does not export/);
  });

  const both = "export { A } from './a.ts';\nexport { B } from './b.ts';\n";

  it('refuses two declarations of a name, unless one is not needed', async () => {
    const files = { testing: both, a: 'type X = 1;\nexport type A = X;\n' };
    await expect(gather({ ...files, b: 'type X = 2;\nexport type B = X;\n' })).rejects.toThrow(
      /a\.d\.ts and .*b\.d\.ts declare X/,
    );
    const { kept } = await gather({ ...files, b: 'type X = 2;\nexport type B = 3;\n' });
    expect([...kept.keys()]).toStrictEqual(['A', 'B', 'X']);
  });

  it("refuses a declaration that would hide a platform's name from another file", async () => {
    const files = { testing: both, a: 'interface Blob {\n}\nexport type A = Blob;\n' };
    await expect(gather({ ...files, b: 'export type B = Blob;\n' })).rejects.toThrow(/b\.d\.ts means another Blob/);
    const { kept } = await gather({ ...files, b: "export interface B {\n    Blob?: 'Blob';\n    A(Blob: 1): 2;\n}\n" });
    expect([...kept.keys()]).toStrictEqual(['A', 'B', 'Blob']);
  });

  it.each([
    "export { A as B } from './a.ts';",
    "import * as a from './a.ts';",
    "import './a.ts';",
    "import type { Pool } from 'pg';",
    "export type A = import('./a.ts').A;",
    'export declare namespace A {\n}',
    'declare global {\n}',
    'export default A;',
  ])('refuses %j, which is not a form that it knows', async (statement) => {
    const gathering = gather({ testing: `${statement}\n`, a: 'export type A = 1;\n' });
    await expect(gathering).rejects.toThrow(/Unknown form in .*testing\.d\.ts/);
  });
});
