/** Compares the content of a storage with Python's answers about the golden database that it came from. */
import type { Cinderlib } from 'cinderlib-wasm';
import { expect } from 'vitest';
import type { GoldenAnswers, GoldenObject } from './golden.ts';

/** The type `__DEFAULT__` belongs to each database: its id and times are not migrated. */
function withoutDefaultType(text: string, ids: Iterable<string>): string {
  let result = text.replace(/("name":"__DEFAULT__".*?"created_at":)"[^"]*"(,"updated_at":)"[^"]*"/g, '$1T$2T');
  for (const id of ids) result = result.replaceAll(id, 'DEFAULT');
  return result;
}

function defaultTypeIds(texts: readonly string[]): Set<string> {
  const pattern = /"id":"([^"]*)","name":"__DEFAULT__"/g;
  return new Set(texts.flatMap((text) => [...text.matchAll(pattern)].map(([, id = '']) => id)));
}

type Dumps = Readonly<Record<string, string>>;

/** Compares every object's dump, the order of a listing, and the key-values. */
export async function expectArrived(cl: Cinderlib, expected: GoldenAnswers): Promise<void> {
  const dumpsOf = (objects: Readonly<Record<string, GoldenObject>>): Dumps =>
    Object.fromEntries(Object.entries(objects).map(([id, { dumps }]) => [id, dumps]));
  const read = async (ids: Iterable<string>, get: (id: string) => Promise<{ dumps(): Promise<string> }>) => {
    const texts: Record<string, string> = {};
    for (const id of ids) texts[id] = await (await get(id)).dumps();
    return texts;
  };
  const wanted = { ...dumpsOf(expected.volumes), ...dumpsOf(expected.snapshots), ...dumpsOf(expected.connections) };
  const found = {
    ...(await read(Object.keys(expected.volumes), (id) => cl.Volume.getById(id))),
    ...(await read(Object.keys(expected.snapshots), (id) => cl.Snapshot.getById(id))),
    ...(await read(Object.keys(expected.connections), (id) => cl.Connection.getById(id))),
  };
  expectSameDumps(found, wanted);
  const listed = expected.queries.find(
    ({ method, args }) => method === 'get_volumes' && Object.keys(args).length === 0,
  );
  if (listed !== undefined) expect((await cl.persistence.getVolumes()).map(({ id }) => id)).toEqual(listed.result);
  const pairs = (await cl.persistence.getKeyValues()).map(({ key, value }) => [key, value]);
  expect(pairs).toEqual(expected.key_values);
}

/** Compares dumps of objects, by id. */
export function expectSameDumps(found: Dumps, wanted: Dumps): void {
  expect(Object.keys(found).sort()).toEqual(Object.keys(wanted).sort());
  const ids = defaultTypeIds([...Object.values(found), ...Object.values(wanted)]);
  for (const [id, text] of Object.entries(wanted)) {
    expect(withoutDefaultType(found[id] ?? '', ids)).toBe(withoutDefaultType(text, ids));
  }
}
