/** Collects the licences of the bundled packages: their texts must accompany the bundles. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The folders of the packages whose code is in the bundles, from esbuild's metafiles. */
export function bundledPackages(metafiles) {
  const folders = new Set();
  for (const { inputs } of metafiles) {
    for (const path of Object.keys(inputs)) {
      // A package may be nested inside another that needs its own version of it.
      const match = path.match(/(?:^|\/)(node_modules\/(?:.*\/node_modules\/)?(?:@[^/]+\/)?[^/]+)\//);
      if (match !== null) folders.add(match[1]);
    }
  }
  return [...folders];
}

export function thirdPartyLicenses(root, packages) {
  const parts = packages.map((path) => {
    const folder = join(root, path);
    const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    const file = readdirSync(folder).find((entry) => /^licen[cs]e(?:[-.][\w.-]+)?$/i.test(entry));
    if (file === undefined) throw new Error(`${name} is bundled and brings no licence text.`);
    return `${name} ${version}, ${license}\n\n${readFileSync(join(folder, file), 'utf8').trim()}\n`;
  });
  const start =
    'The files beside this one hold code of the packages below. SQLite, inside sql.js, is in the public domain.\n' +
    'Comlink was changed: its transfer handler for proxies is left out.\n';
  return [start, ...parts.sort()].join(`\n${'-'.repeat(100)}\n\n`);
}
