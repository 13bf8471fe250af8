/** The pages: their links lead somewhere, also in the published package, and the map names all that there is. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '..');
const read = (path: string): string => readFileSync(join(root, path), 'utf8');

/** The pages of the published package, and those that are only in the repository. */
const published = [
  'README.md',
  'CHANGELOG.md',
  'CONTRIBUTING.md',
  ...pagesIn('docs'),
  ...pagesIn('examples'),
  'bench/figures.md',
];
const others = [...pagesIn('wasm'), 'test/README.md', 'test/golden/README.md'];

function pagesIn(folder: string): string[] {
  const entries = readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' });
  return entries
    .filter((name) => name.endsWith('.md') && !name.includes('node_modules'))
    .map((name) => `${folder}/${name}`);
}

const withoutCode = (page: string): string => read(page).replace(/^```[\s\S]*?^```/gm, '');

/** The anchors of a page's headings, as GitHub and npm make them. */
function anchors(page: string): string[] {
  const headings = [...withoutCode(page).matchAll(/^#+ (?<title>.*)$/gm)].map(({ groups }) => groups?.['title'] ?? '');
  return headings.map((title) => {
    const text = title.replace(/\[(?<shown>[^\]]*)\]\([^)]*\)/g, '$<shown>').toLowerCase();
    return text.replace(/[^\p{L}\p{N}\s_-]/gu, '').replace(/\s/g, '-');
  });
}

function linksOf(
  page: string,
): { readonly link: string; readonly target: string; readonly anchor: string | undefined }[] {
  return [...withoutCode(page).matchAll(/\]\((?<link>[^)\s]+)\)/g)].flatMap(({ groups }) => {
    const link = groups?.['link'] ?? '';
    if (/^https?:/.test(link)) return [];
    const [path = '', anchor] = link.split('#');
    return [{ link, target: path === '' ? page : relative(root, join(root, dirname(page), path)), anchor }];
  });
}

test('the pages have links', () => {
  expect(published.flatMap(linksOf).length).toBeGreaterThan(100);
});

test.each([...published, ...others])('the links of %s lead to something', (page) => {
  for (const { link, target, anchor } of linksOf(page)) {
    expect.soft(existsSync(join(root, target)), link).toBe(true);
    if (anchor !== undefined) expect.soft(anchors(target), link).toContain(anchor);
  }
});

test('what the published pages link to is published', () => {
  const { files } = JSON.parse(read('package.json')) as { files: string[] };
  const inPackage = [...files, 'README.md', 'LICENSE', 'package.json'];
  for (const page of published) {
    for (const { link, target } of linksOf(page)) {
      expect
        .soft(
          inPackage.some((path) => target === path || target.startsWith(`${path}/`)),
          `${page}: ${link}`,
        )
        .toBe(true);
    }
  }
});

test('the map in docs/architecture.md names each file and folder of src, and nothing else', () => {
  const map = read('docs/architecture.md');
  const entries = readdirSync(join(root, 'src'), { withFileTypes: true });
  const paths = entries.map((entry) => `src/${entry.name}${entry.isDirectory() ? '/' : ''}`);
  expect(paths.filter((path) => !map.includes(`\`${path}\``))).toEqual([]);
  const named = [...map.matchAll(/`(?<path>(?:src|workers|wasm|scripts)\/[\w./-]*)`/g)].map(
    ({ groups }) => groups?.['path'],
  );
  expect(named.length).toBeGreaterThan(50);
  expect(named.filter((path) => !existsSync(join(root, path ?? '')))).toEqual([]);
});

test('the index of decisions has each of them once, by its title', () => {
  const index = read('docs/decisions/README.md');
  const pages = readdirSync(join(root, 'docs/decisions')).filter((name) => /^\d/.test(name));
  const lines = pages.map((name) => {
    const [title = ''] = read(`docs/decisions/${name}`).split('\n');
    return `- [${name.slice(0, 3)}](${name}) ${title.replace('# ', '')}`;
  });
  expect(index.match(/^- .*$/gm)?.toSorted()).toEqual(lines.toSorted());
});
