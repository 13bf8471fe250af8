/**
 * The inputs of `load()` that were tried with Python's cinderlib, each with its outcome. Where the outcome of this
 * library differs on purpose, the case names the heading of docs/differences.md that says why.
 */
import { readFileSync } from 'node:fs';
import {
  Backend,
  type Cinderlib,
  isCinderlibError,
  KeyValue,
  type Loaded,
  registerVolumeDriver,
  setup,
  VolumeDriver,
} from 'cinderlib-wasm';
import { expect, test } from 'vitest';
import { goldenJson } from '../support/golden.ts';

interface JsonCase {
  readonly name: string;
  readonly setup: Readonly<Record<string, unknown>>;
  readonly backends: readonly string[];
  readonly save: boolean;
  readonly as: 'text' | 'object';
  readonly input: string;
  readonly times?: number;
  readonly no_setup?: boolean;
  readonly outcome: {
    readonly ok?: ExpectedObject | readonly ExpectedObject[];
    readonly error?: { readonly class: string; readonly message: string };
    readonly stored?: { readonly volumes: string[]; readonly snapshots: string[]; readonly connections: string[] };
    readonly stored_volumes?: Readonly<Record<string, string>>;
  };
}

interface ExpectedObject {
  readonly type: string;
  readonly jsons?: string;
  readonly backend?: string;
  readonly changes?: readonly string[];
  readonly id?: string;
  readonly volumes?: readonly string[] | null;
}

const { cases } = goldenJson<{ cases: readonly JsonCase[] }>('json-cases.json.gz');
const differences = readFileSync(new URL('../../docs/differences.md', import.meta.url), 'utf8');

class GoldenDriver extends VolumeDriver {
  override async getVolumeStats() {
    return { pools: [{ pool_name: 'p1' }, { pool_name: 'p2' }] };
  }
  override async checkForSetupError() {}
}

/** Where this library accepts what the original refuses, refuses what it accepts, or stores something else. */
const deliberate: ReadonlyMap<string, { readonly heading: string; readonly ours: 'accepts' | 'refuses' }> = new Map(
  (
    [
      [
        'Nulls in a dump',
        'accepts',
        [
          'volume with null metadata',
          'volume with null volume_attachment',
          'volume with null snapshots',
          'volume with null glance_metadata',
          'snapshot with null volume',
          'connection_info null',
          'connection_info null and null connector',
          'connection_info {}',
          'connection_info {} and null connector',
          'connection_info {"conn": null}',
          'connection_info {"conn": null} and null connector',
          'connection_info {"x": 1}',
          'connection_info {"x": 1} and null connector',
        ],
      ],
      [
        'Snapshots of a backend that is not initialised',
        'accepts',
        ['snapshot, backend not initialised, fail_on_missing_backend=False'],
      ],
      [
        'A snapshot without a volume type',
        'accepts',
        ['save snapv in memory_db', 'save snap in memory_db', 'save backend in memory_db', 'save list in memory_db'],
      ],
      ['Saving what is stored already', 'accepts', ['save twice in memory_db', 'save typed twice in memory_db']],
    ] as const
  ).flatMap(([heading, ours, names]) => names.map((name) => [name, { heading, ours }] as const)),
);

/** Cases whose rows are better than the original's: they load the same, but are read back differently. */
const storedDifferently: ReadonlyMap<string, string> = new Map([['save typed in memory_db', 'QoS specs are linked']]);

/** Errors whose class and message carry meaning to a user: they must be the same here. */
const meaningful = new Set([
  'ValueError',
  'InvalidVersion',
  'IncompatibleObjectVersion',
  'UnsupportedObjectError',
  'ObjectActionError',
  'JSONDecodeError',
  'VolumeNotFound',
]);

test.each(cases)('load() has the outcome of Python for: $name', async (jsonCase) => {
  if (jsonCase.no_setup) {
    // Here, load() needs a context.
    expect(differences).toContain('## No global state');
    return;
  }
  const cl = await start(jsonCase);
  try {
    const difference = deliberate.get(jsonCase.name);
    if (difference !== undefined) expect(differences).toContain(`## ${difference.heading}`);
    const { error } = jsonCase.outcome;
    if (error === undefined || difference?.ours === 'accepts') await expectLoaded(cl, jsonCase);
    else await expectRefused(cl, jsonCase, error);
  } finally {
    await cl.close();
  }
});

async function start({ setup: options, backends }: JsonCase): Promise<Cinderlib> {
  registerVolumeDriver('golden_driver.GoldenDriver', GoldenDriver);
  const { storage, ...others } = options;
  const cl = await setup({
    ...others,
    persistence_config: typeof storage === 'string' ? { storage } : {},
    worker: false,
  });
  for (const name of backends) {
    await cl.backend({ volume_backend_name: name, volume_driver: 'golden_driver.GoldenDriver', pools: ['p1', 'p2'] });
  }
  return cl;
}

function load(cl: Cinderlib, { as, input, save }: JsonCase): Promise<Loaded | Loaded[]> {
  return cl.load(as === 'text' ? input : JSON.parse(input), { save });
}

async function expectLoaded(cl: Cinderlib, jsonCase: JsonCase): Promise<void> {
  const { times = 1, outcome } = jsonCase;
  let loaded = await load(cl, jsonCase);
  for (let time = 1; time < times; time++) loaded = await load(cl, jsonCase);
  if (outcome.ok !== undefined) {
    expect(Array.isArray(loaded)).toBe(Array.isArray(outcome.ok));
    const [actual, expected] = [[loaded].flat(), [outcome.ok].flat()];
    expect(actual.length).toBe(expected.length);
    for (const [place, object] of actual.entries()) await expectObject(object, expected[place] as ExpectedObject);
  }
  await expectStored(cl, jsonCase);
}

async function expectObject(object: Loaded, expected: ExpectedObject): Promise<void> {
  expect(object.constructor.name).toBe(expected.type);
  if (object instanceof Backend) {
    if (expected.id !== undefined) expect(object.id).toBe(expected.id);
    if (expected.volumes) expect((await object.volumes()).map(({ id }) => id)).toEqual(expected.volumes);
    if (expected.jsons !== undefined) expect(masked(await object.jsons())).toBe(masked(expected.jsons));
    return;
  }
  if (object instanceof KeyValue) throw new Error('Python dumps no key-values.');
  if (expected.jsons !== undefined) expect(masked(object.jsons())).toBe(masked(expected.jsons));
  if (expected.backend !== undefined) expect(String(object.backend)).toBe(expected.backend);
  if (expected.changes !== undefined) expect([...object.ovo.changedFields].sort()).toEqual(expected.changes);
}

async function expectStored(cl: Cinderlib, { name, outcome, input }: JsonCase): Promise<void> {
  const { stored, stored_volumes } = outcome;
  if (stored === undefined || deliberate.has(name)) return;
  const better = storedDifferently.get(name);
  if (better !== undefined) expect(differences).toContain(`## ${better}`);
  const { persistence } = cl;
  expect((await persistence.getVolumes()).map(({ id }) => id).sort()).toEqual(stored.volumes);
  expect((await persistence.getSnapshots()).map(({ id }) => id).sort()).toEqual(stored.snapshots);
  expect((await persistence.getConnections()).map(({ id }) => id).sort()).toEqual(stored.connections);
  for (const [id, text] of Object.entries(better === undefined ? (stored_volumes ?? {}) : {})) {
    const now = /"created_at": ?null|"versioned_object.changes"/.test(input);
    expect(masked((await cl.Volume.getById(id)).jsons(), now)).toBe(masked(text, now));
  }
}

async function expectRefused(cl: Cinderlib, jsonCase: JsonCase, expected: { class: string; message: string }) {
  const error: unknown = await load(cl, jsonCase).then(
    () => null,
    (reason: unknown) => reason,
  );
  expect(isCinderlibError(error)).toBe(true);
  const { name, message } = error as Error;
  const originalName = expected.class.split('.').at(-1) ?? '';
  if (meaningful.has(originalName) && !(originalName === 'ValueError' && name !== 'ValueError')) {
    expect({ name, message }).toEqual({ name: originalName, message: expected.message });
  }
  // What could not be loaded whole left nothing behind.
  expect(differences).toContain('## A load is all or nothing');
  expect(await cl.persistence.getVolumes()).toEqual([]);
  expect(await cl.persistence.getSnapshots()).toEqual([]);
}

/** Hides what differs between databases: the id and the times of the type `__DEFAULT__`. */
function masked(text: string, created = false): string {
  const id = /"volume_type":\s?\{[^{]*?"versioned_object.data":\s?\{"id":\s?"([^"]+)","name":\s?"__DEFAULT__"/.exec(
    text,
  )?.[1];
  const withoutId = id === undefined ? text : text.replaceAll(id, 'DEFAULT-TYPE');
  const typeTimes = /("name":\s?"__DEFAULT__".*?"created_at":\s?)"[^"]*"(,\s?"updated_at":\s?)"[^"]*"/g;
  const result = withoutId.replace(typeTimes, '$1TIME$2TIME');
  return created
    ? result
        .replace(/"created_at":"20[^"]*"/g, '"created_at":NOW')
        .replace(/"updated_at":"20[^"]*"/g, '"updated_at":NOW')
    : result;
}
