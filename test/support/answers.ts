/** Compares what a context answers with what Python's cinderlib answered about the same database. */
import { createHash } from 'node:crypto';
import type { Cinderlib } from 'cinderlib-wasm';
import { expect } from 'vitest';
import type { GoldenAnswers, GoldenObject, GoldenQuery, GoldenText } from './golden.ts';

/** How texts are compared: to the letter, or after sorting what no SQL puts in order. */
export type Comparison = (actual: string, expected: GoldenText) => void;

export function toTheLetter(actual: string, expected: GoldenText): void {
  if (typeof expected === 'string') expect(actual).toBe(expected);
  else {
    expect(Buffer.byteLength(actual)).toBe(expected.length);
    expect(createHash('sha256').update(actual).digest('hex')).toBe(expected.sha256);
  }
}

/** The keys of dictionaries and the elements of lists may come in any order; their texts may not differ. */
export function inAnyOrder(actual: string, expected: GoldenText): void {
  if (typeof expected !== 'string') throw new Error('There is nothing to sort in a digest.');
  expect(sorted(JSON.parse(actual))).toEqual(sorted(JSON.parse(expected)));
  // What differs in no more than its order has the very same characters.
  expect([...actual].sort().join('')).toBe([...expected].sort().join(''));
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map((item) => JSON.stringify(sorted(item))).sort();
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return entries.map(([key, inner]) => [key, sorted(inner)]);
}

export async function expectAnswers(
  cl: Cinderlib,
  expected: GoldenAnswers,
  compare: Comparison = toTheLetter,
): Promise<void> {
  compare(await cl.jsons(), expected.cl_jsons);
  compare(await cl.dumps(), expected.cl_dumps);
  compare(await cl.jsons(), expected.cl_jsons_after_dumps);
  await cl.refresh();
  for (const [name, text] of Object.entries(expected.backend_jsons)) {
    compare(await (cl.backends.get(name)?.jsons() ?? ''), text);
  }
  for (const [name, text] of Object.entries(expected.backend_dumps)) {
    compare(await (cl.backends.get(name)?.dumps() ?? ''), text);
  }
  await expectObjects(expected.volumes, (id) => cl.Volume.getById(id), compare);
  await expectObjects(expected.snapshots, (id) => cl.Snapshot.getById(id), compare);
  await expectObjects(expected.connections, (id) => cl.Connection.getById(id), compare);
  const keyValues = await cl.persistence.getKeyValues();
  compare(JSON.stringify(keyValues.map(({ key, value }) => [key, value])), JSON.stringify(expected.key_values));
}

type Read = (id: string) => Promise<{
  jsons(): string;
  dumps(): Promise<string>;
  toJsons(): string;
  toDict(): unknown;
}>;

/** Each object is read afresh for each of its texts. */
async function expectObjects(
  objects: Readonly<Record<string, GoldenObject>>,
  read: Read,
  compare: Comparison,
): Promise<void> {
  for (const [id, expected] of Object.entries(objects)) {
    compare((await read(id)).jsons(), expected.jsons);
    compare(await (await read(id)).dumps(), expected.dumps);
    compare((await read(id)).toJsons(), expected.simple_jsons);
    compare(JSON.stringify((await read(id)).toDict()), JSON.stringify(expected.to_dict));
  }
}

export async function idsOf(cl: Cinderlib, { method, args }: GoldenQuery): Promise<readonly unknown[]> {
  const { persistence } = cl;
  switch (method) {
    case 'get_volumes':
      return (await persistence.getVolumes(args)).map(({ id }) => id);
    case 'get_snapshots':
      return (await persistence.getSnapshots(args)).map(({ id }) => id);
    case 'get_connections':
      return (await persistence.getConnections(args)).map(({ id }) => id);
    case 'get_key_values':
      return (await persistence.getKeyValues(args['key'])).map(({ key, value }) => [key, value]);
  }
}
