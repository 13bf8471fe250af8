/**
 * Checks that a context gives the same answers as Python's cinderlib for the same database. It runs in every runtime,
 * so it uses nothing from Node or a test runner.
 */
import type { Cinderlib } from 'cinderlib-wasm';
import type { GoldenAnswers, GoldenFailure, GoldenObject, GoldenQuery, GoldenText } from './golden.ts';

/**
 * Reduces a text to what is compared: the text itself, unless it contains something in an order that no SQL defines.
 */
type Normal = (text: string) => string;
const toTheLetter: Normal = (text) => text;

/** A form of JSON text that is equal for any order of keys and elements; every character still counts. */
export function inAnyOrder(text: string): string {
  return JSON.stringify(sorted(JSON.parse(text))) + [...text].sort().join('');
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map((item) => JSON.stringify(sorted(item))).sort();
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return entries.map(([key, inner]) => [key, sorted(inner)]);
}

/** Throws at the first text that differs. */
export async function checkAnswers(
  cl: Cinderlib,
  expected: GoldenAnswers,
  normal: Normal = toTheLetter,
): Promise<void> {
  await checkText('jsons()', await cl.jsons(), expected.cl_jsons, normal);
  await checkText('dumps()', await cl.dumps(), expected.cl_dumps, normal);
  await checkText('jsons() after dumps()', await cl.jsons(), expected.cl_jsons_after_dumps, normal);
  await cl.refresh();
  for (const [name, text] of Object.entries(expected.backend_jsons)) {
    await checkText(`jsons() of ${name}`, (await cl.backends.get(name)?.jsons()) ?? '', text, normal);
  }
  for (const [name, text] of Object.entries(expected.backend_dumps)) {
    await checkText(`dumps() of ${name}`, (await cl.backends.get(name)?.dumps()) ?? '', text, normal);
  }
  await checkObjects('volume', expected.volumes, (id) => cl.Volume.getById(id), normal);
  await checkObjects('snapshot', expected.snapshots, (id) => cl.Snapshot.getById(id), normal);
  await checkObjects('connection', expected.connections, (id) => cl.Connection.getById(id), normal);
  for (const [id, failure] of Object.entries(expected.unprintable_connections ?? {})) {
    await checkFailure(`jsons() of connection ${id}`, async () => (await cl.Connection.getById(id)).jsons(), failure);
    await checkFailure(`dumps() of connection ${id}`, async () => (await cl.Connection.getById(id)).dumps(), failure);
  }
  const keyValues = await cl.persistence.getKeyValues();
  checkSame(
    'the key-values',
    JSON.stringify(keyValues.map(({ key, value }) => [key, value])),
    expected.key_values,
    normal,
  );
}

/** Throws at the first query that finds other ids than Python's did, or in another order. */
export async function checkQueries(
  cl: Cinderlib,
  queries: readonly GoldenQuery[],
  normal: Normal = toTheLetter,
): Promise<void> {
  for (const query of queries) {
    checkSame(
      `${query.method} ${JSON.stringify(query.args)}`,
      JSON.stringify(await idsOf(cl, query)),
      query.result,
      normal,
    );
  }
}

type Read = (id: string) => Promise<{
  jsons(): string;
  dumps(): Promise<string>;
  toJsons(): string;
  toDict(): unknown;
}>;

/** Each object is read afresh for each of its texts. */
async function checkObjects(
  kind: string,
  objects: Readonly<Record<string, GoldenObject>>,
  read: Read,
  normal: Normal,
): Promise<void> {
  for (const [id, expected] of Object.entries(objects)) {
    const what = (method: string): string => `${method} of ${kind} ${id}`;
    await checkText(what('jsons()'), (await read(id)).jsons(), expected.jsons, normal);
    await checkText(what('dumps()'), await (await read(id)).dumps(), expected.dumps, normal);
    await checkText(what('toJsons()'), (await read(id)).toJsons(), expected.simple_jsons, normal);
    checkSame(what('toDict()'), JSON.stringify((await read(id)).toDict()), expected.to_dict, normal);
  }
}

async function checkFailure(what: string, call: () => Promise<string>, { error }: GoldenFailure): Promise<void> {
  const outcome = await call().then(
    () => 'no error',
    (reason: unknown) => String(reason),
  );
  checkEqual(what, outcome, `${error.class}: ${error.message}`);
}

async function idsOf(cl: Cinderlib, { method, args }: GoldenQuery): Promise<readonly unknown[]> {
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

async function checkText(what: string, actual: string, expected: GoldenText, normal: Normal): Promise<void> {
  if (typeof expected === 'string') return checkEqual(what, normal(actual), normal(expected));
  const bytes = new TextEncoder().encode(actual);
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  const sha256 = Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
  checkEqual(what, `${bytes.length} bytes, ${sha256}`, `${expected.length} bytes, ${expected.sha256}`);
}

function checkSame(what: string, actual: string, expected: unknown, normal: Normal): void {
  checkEqual(what, normal(actual), normal(JSON.stringify(expected)));
}

function checkEqual(what: string, actual: string, expected: string): void {
  if (actual === expected) return;
  let at = 0;
  while (actual[at] === expected[at]) at++;
  const shown = (text: string): string => JSON.stringify(text.slice(Math.max(0, at - 60), at + 60));
  throw new Error(`${what} differs at ${at}: ${shown(actual)} instead of ${shown(expected)}`);
}
