/**
 * Random sequences of operations on memory, memory_db and db: the same answers, and the same content at the end.
 * The seed is printed on failure; give it as CINDERLIB_SEED to replay it.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type Backend,
  type Cinderlib,
  isCinderlibError,
  KeyValue,
  type PersistenceConfig,
  setup,
  type Volume,
} from 'cinderlib-wasm';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { needs } from '../support/native-programs.ts';
import { integrity } from '../support/tables.ts';

const driver = 'cinder.tests.fake_driver.FakeLoggingVolumeDriver';
const seed = process.env['CINDERLIB_SEED'];

/** One storage under test, with the backends that the sequence uses. */
interface Subject {
  readonly cl: Cinderlib;
  readonly backends: readonly Backend[];
}

/** One step: does the same in every storage and returns the outcome. `pick` chooses among the objects there are. */
type Step = (subject: Subject, pick: (length: number) => number) => Promise<unknown>;

const text = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 12 }),
  fc.constantFrom('', '%', '_', 'name', '\0', '😀'),
);
const words = fc.dictionary(fc.oneof(fc.constantFrom('a', 'b', '1', '10', '__proto__'), text), text, { maxKeys: 4 });

let made = 0;
/** Ids and times must be the same in every storage, so they are given: later objects get later times. */
function identity(): { id: string; created_at: string } {
  const n = String(made++).padStart(6, '0');
  return { id: `00000000-0000-4000-8000-000000${n}`, created_at: `2020-01-01T00:00:00.${n}Z` };
}

async function someVolume({ cl }: Subject, pick: (length: number) => number): Promise<Volume | undefined> {
  const volumes = [...(await cl.persistence.getVolumes())].sort((a, b) => (a.id < b.id ? -1 : 1));
  return volumes[pick(volumes.length)];
}

function steps(): fc.Arbitrary<{ readonly name: string; readonly make: () => Step }> {
  return fc.oneof(
    {
      weight: 4,
      arbitrary: fc
        .record({ name: text, metadata: words, extra: fc.option(words), qos: fc.option(words), place: fc.nat(1) })
        .map(({ name, metadata, extra, qos, place }) => ({
          name: `create ${JSON.stringify({ name, metadata, extra, qos })}`,
          make: () => {
            const given = identity();
            return async ({ backends }: Subject) => {
              const specs = {
                ...(extra === null ? {} : { extra_specs: extra }),
                ...(qos === null ? {} : { qos_specs: qos }),
              };
              const volume = await backends[place]?.createVolume(1, { ...given, name, metadata, ...specs });
              return volume?.id;
            };
          },
        })),
    },
    fc.record({ at: fc.nat(), name: text, metadata: words }).map(({ at, name, metadata }) => ({
      name: `rename ${at} ${JSON.stringify({ name, metadata })}`,
      make: () => async (subject: Subject, pick: (length: number) => number) => {
        const volume = await someVolume(subject, pick);
        if (volume === undefined) return null;
        volume.display_name = name;
        volume.metadata = metadata;
        await volume.save();
        return volume.id;
      },
    })),
    fc.record({ at: fc.nat(), size: fc.integer({ min: 1, max: 99 }) }).map(({ size }) => ({
      name: `extend to ${size}`,
      make: () => async (subject: Subject, pick: (length: number) => number) =>
        (await someVolume(subject, pick))?.extend(size),
    })),
    fc.constant({
      name: 'delete a volume',
      make: () => async (subject: Subject, pick: (length: number) => number) => {
        const volume = await someVolume(subject, pick);
        await volume?.delete();
        return volume?.id;
      },
    }),
    fc.record({ name: text, metadata: words }).map(({ name, metadata }) => ({
      name: `snapshot ${JSON.stringify({ name, metadata })}`,
      make: () => {
        const given = identity();
        return async (subject: Subject, pick: (length: number) => number) =>
          (await (await someVolume(subject, pick))?.createSnapshot({ ...given, name, metadata }))?.id;
      },
    })),
    fc.constant({
      name: 'delete a snapshot',
      make:
        () =>
        async ({ cl }: Subject, pick: (length: number) => number) => {
          const snapshots = [...(await cl.persistence.getSnapshots())].sort((a, b) => (a.id < b.id ? -1 : 1));
          const snapshot = snapshots[pick(snapshots.length)];
          await snapshot?.delete();
          return snapshot?.id;
        },
    }),
    text.map((host) => ({
      name: `connect ${JSON.stringify(host)}`,
      make: () => {
        const given = identity();
        return async (subject: Subject, pick: (length: number) => number) =>
          (await (await someVolume(subject, pick))?.connect({ host }, given))?.id;
      },
    })),
    fc.constant({
      name: 'disconnect',
      make:
        () =>
        async ({ cl }: Subject, pick: (length: number) => number) => {
          const connections = [...(await cl.persistence.getConnections())].sort((a, b) => (a.id < b.id ? -1 : 1));
          const connection = connections[pick(connections.length)];
          await connection?.disconnect();
          return connection?.id;
        },
    }),
    fc.constant({
      name: 'save a volume untouched',
      make: () => async (subject: Subject, pick: (length: number) => number) =>
        (await someVolume(subject, pick))?.save(),
    }),
    fc.constant({
      name: 'refresh',
      make:
        () =>
        async ({ cl }: Subject) =>
          cl.refresh(),
    }),
    fc.record({ key: fc.constantFrom('a', 'b', 'c'), value: fc.option(text) }).map(({ key, value }) => ({
      name: `set ${key}`,
      make:
        () =>
        async ({ cl }: Subject) =>
          cl.persistence.setKeyValue(new KeyValue(key, value)),
    })),
    fc.constantFrom('a', 'b', 'c').map((key) => ({
      name: `unset ${key}`,
      make:
        () =>
        async ({ cl }: Subject) =>
          cl.persistence.deleteKeyValue(key),
    })),
  );
}

/** The content of the storage, sorted, without what only a database knows. */
async function content({ cl }: Subject): Promise<unknown> {
  const { persistence } = cl;
  const volumes = await Promise.all(
    (await persistence.getVolumes()).map(async (volume) => ({
      ...fieldsOf(volume, [
        'id',
        'display_name',
        'size',
        'status',
        'previous_status',
        'host',
        'metadata',
        'created_at',
        'deleted',
      ]),
      // Without extra specs, a type has the field unset in memory, and as an empty dictionary in a database.
      specs: volume.volume_type?.extra_specs ?? {},
      qos: volume.volume_type?.qos_specs?.specs ?? null,
      snapshots: (await volume.snapshots()).map(({ id }) => id).sort(),
      connections: (await volume.connections()).map(({ id }) => id).sort(),
    })),
  );
  const snapshots = (await persistence.getSnapshots()).map((snapshot) =>
    fieldsOf(snapshot, [
      'id',
      'volume_id',
      'display_name',
      'metadata',
      'status',
      'volume_size',
      'progress',
      'created_at',
    ]),
  );
  const connections = (await persistence.getConnections()).map((connection) =>
    fieldsOf(connection, [
      'id',
      'volume_id',
      'connection_info',
      'connector',
      'attach_mode',
      'attach_status',
      'created_at',
    ]),
  );
  const keyValues = (await persistence.getKeyValues()).map(({ key, value }) => ({ id: key, value }));
  const lists: readonly (readonly Record<string, unknown>[])[] = [volumes, snapshots, connections, keyValues];
  return lists.map((list) => [...list].sort((a, b) => (String(a['id']) < String(b['id']) ? -1 : 1)));
}

/** The times of changes, which a storage sets by itself. */
const decided = new Set(['updated_at', 'deleted_at']);

/**
 * The full dump of every volume, sorted by id, without what a storage sets by itself: times, and the identity of the
 * type of volumes without specs. New objects are read for it: the dump of an existing object shows its own history.
 */
async function dumps({ cl }: Subject): Promise<readonly unknown[]> {
  const volumes = [...(await cl.persistence.getVolumes())].sort((a, b) => (a.id < b.id ? -1 : 1));
  const texts = await Promise.all(volumes.map((volume) => volume.dumps()));
  const types = volumes.map((volume) => volume.volume_type).filter((type) => type?.name === '__DEFAULT__');
  const defaultId = types[0]?.id;
  return texts.map((text) => masked(JSON.parse(text), defaultId));
}

function masked(value: unknown, defaultId: string | undefined): unknown {
  if (Array.isArray(value)) return value.map((item) => masked(item, defaultId));
  if (typeof value !== 'object' || value === null) return value === defaultId ? 'the id of __DEFAULT__' : value;
  const isOfType = Object.hasOwn(value, 'is_public') || Object.hasOwn(value, 'consumer');
  const entries = Object.entries(value).map(([key, inner]): [string, unknown] => {
    if (typeof inner === 'string' && (decided.has(key) || (isOfType && key === 'created_at'))) return [key, 'a time'];
    return [key, masked(inner, defaultId)];
  });
  // A list of entries, since the order of keys is part of the text of a dump.
  return entries;
}

function fieldsOf(object: object, names: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(names.map((name) => [name, Reflect.get(object, name)]));
}

/** The outcome of a step: its value, or the name of its error. */
async function outcome(step: Promise<unknown>): Promise<unknown> {
  try {
    return { value: (await step) ?? null };
  } catch (error) {
    if (isCinderlibError(error)) return { error: error.name };
    throw error;
  }
}

async function start(config: PersistenceConfig): Promise<Subject> {
  const cl = await setup({ persistence_config: config, host: 'h', worker: false });
  const backends = [];
  for (const name of ['one', 'two']) {
    backends.push(await cl.backend({ volume_backend_name: name, volume_driver: driver, pools: ['pool'] }));
  }
  return { cl, backends };
}

test('every storage gives the same answers to the same operations', async () => {
  needs('sqlite3');
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(steps(), fc.nat()), { maxLength: 25 }), async (sequence) => {
      made = 0;
      const folder = mkdtempSync(join(tmpdir(), 'cinderlib-'));
      const path = join(folder, 'cl.sqlite');
      const subjects = [
        await start({ storage: 'memory' }),
        await start({ storage: 'memory_db' }),
        await start({ storage: 'db', connection: `sqlite:///${path}` }),
      ];
      try {
        for (const [{ make }, choice] of sequence) {
          const step = make();
          const pick = (length: number): number => (length === 0 ? 0 : choice % length);
          const outcomes = [];
          for (const subject of subjects) outcomes.push(await outcome(step(subject, pick)));
          expect(outcomes).toEqual([outcomes[0], outcomes[0], outcomes[0]]);
        }
        const contents = await Promise.all(subjects.map(content));
        expect(contents[1]).toEqual(contents[0]);
        expect(contents[2]).toEqual(contents[0]);
        const [, inMemory, inFile] = await Promise.all(subjects.map(dumps));
        expect(inFile).toEqual(inMemory);
      } finally {
        for (const { cl } of subjects) await cl.close();
      }
      expect(integrity(path)).toBe('ok');
      rmSync(folder, { recursive: true });
    }),
    { numRuns: Number(process.env['CINDERLIB_RUNS'] ?? 60), ...(seed === undefined ? {} : { seed: Number(seed) }) },
  );
}, 300_000);
