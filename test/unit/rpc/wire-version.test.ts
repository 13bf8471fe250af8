/** What pages, workers and tabs say to each other does not change unnoticed: tabs of an older version may be open. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { wireVersion } from '../../../src/rpc/wire-version.ts';

/** The types, without comments and line breaks. */
function typesOf(path: string): string {
  const text = readFileSync(new URL(`../../../src/${path}`, import.meta.url), 'utf8');
  return text.replaceAll(/\/\*.*?\*\/|^\s*\/\/[^\n]*/gms, '').replaceAll(/\s+/g, ' ');
}

test('the types of messages are those of this wire version', () => {
  const hash = createHash('sha256');
  for (const path of ['rpc/contract.ts', 'tabs/protocol.ts']) hash.update(typesOf(path));
  // If an older version would misunderstand your change, raise the version; in any case, enter the new hash.
  expect([wireVersion, hash.digest('hex').slice(0, 16)]).toEqual([1, '46baa4e995790d34']);
});
