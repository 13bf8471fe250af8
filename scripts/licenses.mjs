/** The licences of what is bundled: their texts have to go wherever the bundle goes. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The packages of which code is in the bundles, by what esbuild says of them. */
export function bundledPackages(metafiles) {
  const names = new Set();
  for (const { inputs } of metafiles) {
    for (const path of Object.keys(inputs)) {
      const match = path.match(/(?:^|\/)node_modules\/((?:@[^/]+\/)?[^/]+)\//);
      if (match !== null) names.add(match[1]);
    }
  }
  return [...names].sort();
}

export function thirdPartyLicenses(root, packages) {
  const parts = packages.map((name) => {
    const folder = join(root, 'node_modules', name);
    const { version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    const file = readdirSync(folder).find((entry) => /^licen[cs]e(?:[-.][\w.-]+)?$/i.test(entry));
    if (file === undefined) throw new Error(`${name} is bundled and brings no licence text.`);
    return `${name} ${version}, ${license}\n\n${readFileSync(join(folder, file), 'utf8').trim()}\n`;
  });
  const start =
    'The files beside this one hold code of the packages below. SQLite, inside sql.js, is in the public domain.\n';
  return [start, ...parts].join(`\n${'-'.repeat(100)}\n\n`);
}
