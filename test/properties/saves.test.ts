/**
 * Saves of one object that overlap, end in any order and fail, with its fields assigned in between. When all have
 * ended, the storage holds the values of the object, except those marked as changed; nothing acknowledged is lost.
 */
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type Cinderlib,
  type Connection,
  PersistenceDriver,
  type Snapshot,
  setup,
  type Volume,
} from '../../src/index.ts';
import { databaseInMemory } from '../../src/persistence/database-storage.ts';
import { isWrite } from '../../src/rpc/command-kinds.ts';
import { LocalClient } from '../../src/rpc/local-client.ts';
import { rounds, timeFor } from '../support/rounds.ts';

type Saved = Volume | Snapshot | Connection;

/** Holds back the saves that have begun in a storage, in their order, until they are told how to end. */
class Gate {
  isOpen = true;
  waiting: { pass(): void; fail(error: Error): void }[] = [];

  async wait(): Promise<void> {
    if (this.isOpen) return;
    await new Promise<void>((pass, fail) => this.waiting.push({ pass, fail }));
  }

  /** Ends the save at that index, modulo the number of waiting ones. */
  end(at: number, isStored: boolean): void {
    const [one] = this.waiting.splice(at % Math.max(this.waiting.length, 1), 1);
    if (isStored) one?.pass();
    else one?.fail(new Error('not stored'));
  }
}

/** The fields of an object that the test assigns, each as a text. */
interface Subject {
  readonly object: Saved;
  set(field: number, value: number): void;
  values(): (string | null)[];
  stored(): Promise<(string | null)[]>;
  marked(): boolean[];
}

const names = {
  Volume: ['display_name', 'provider_id', 'metadata'],
  Snapshot: ['display_name', 'provider_id', 'metadata'],
  VolumeAttachment: ['mountpoint', 'attached_host', 'connection_info'],
} as const;

const isDict = (name: string): boolean => name === 'metadata' || name === 'connection_info';

function textOf({ ovo }: Saved, name: string): string | null {
  const value = ovo.get(name);
  return isDict(name) ? (Reflect.get(Object(value), 'k') ?? null) : ((value as string | null | undefined) ?? null);
}

/** An object with its fields and, for a volume, the extra specs of its type. */
function subjectOf(object: Saved, found: () => Promise<Saved | undefined>): Subject {
  const fields: readonly string[] = names[object.ovo.model.name as keyof typeof names];
  const typeOf = (one: Saved) => one.ovo.child('volume_type');
  const valuesOf = (one: Saved): (string | null)[] => [
    ...fields.map((name) => textOf(one, name)),
    Reflect.get(Object(typeOf(one)?.get('extra_specs')), 'k') ?? null,
  ];
  return {
    object,
    set(field, value) {
      const name = fields[field % (fields.length + 1)];
      if (name !== undefined) object.ovo.set(name, isDict(name) ? { k: `${value}` } : `${value}`);
      else typeOf(object)?.set('extra_specs', { k: `${value}` });
    },
    values: () => valuesOf(object),
    async stored() {
      const one = await found();
      return one === undefined ? [] : valuesOf(one);
    },
    marked: () => [
      ...fields.map((name) => object.ovo.changedFields.has(name)),
      typeOf(object)?.changedFields.has('extra_specs') ?? false,
    ],
  };
}

/** A plugin that writes the fields marked as changed, once the gate lets it. */
class Slow extends PersistenceDriver {
  readonly gate: Gate;
  readonly #callsBase: boolean;
  readonly #rows = new Map<string, Saved>();

  constructor(gate: Gate, callsBase: boolean) {
    super();
    this.gate = gate;
    this.#callsBase = callsBase;
  }

  override get db() {
    return null;
  }

  override async getVolumes() {
    return [];
  }

  override async getSnapshots() {
    return [];
  }

  override async getConnections() {
    return [];
  }

  /** The stored copy of an object, with nothing that was not written. */
  stored(id: string): Saved | undefined {
    return this.#rows.get(id);
  }

  override async setVolume(volume: Volume) {
    await this.#write(volume);
    if (this.#callsBase) await super.setVolume(volume);
  }

  override async setSnapshot(snapshot: Snapshot) {
    await this.#write(snapshot);
    if (this.#callsBase) await super.setSnapshot(snapshot);
  }

  override async setConnection(connection: Connection) {
    await this.#write(connection);
    if (this.#callsBase) await super.setConnection(connection);
  }

  async #write(object: Saved): Promise<void> {
    const { changedFields } = object.ovo;
    const type = object.ovo.child('volume_type');
    const isTypeMarked = type !== null && type.changedFields.size > 0;
    const isWhole = changedFields.size === 0 && !isTypeMarked;
    const extra_specs = isWhole || isTypeMarked ? type?.get('extra_specs') : undefined;
    const fields = object.ovo.model.fields.map(({ name }) => name).filter((name) => isWhole || changedFields.has(name));
    const values = fields.map((name) => [name, object.ovo.get(name)] as const);
    await this.gate.wait();
    const copy = this.stored(object.id) ?? ((await this.context.load(object.toJsons())) as Saved);
    this.#rows.set(object.id, copy);
    for (const [name, value] of values) {
      if (value !== undefined && name !== 'volume_type') copy.ovo.restore(name, value);
    }
    if (extra_specs !== undefined) copy.ovo.child('volume_type')?.restore('extra_specs', extra_specs);
  }
}

type Step =
  | { readonly do: 'set'; readonly field: number }
  | { readonly do: 'save' }
  | { readonly do: 'store' }
  | { readonly do: 'end'; readonly at: number; readonly isStored: boolean };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('set' as const), field: fc.nat(3) }) },
  { weight: 3, arbitrary: fc.constant({ do: 'save' as const }) },
  { weight: 1, arbitrary: fc.constant({ do: 'store' as const }) },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('end' as const), at: fc.nat(3), isStored: fc.boolean() }),
  },
);

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** @param store Stores the object without its own `save()`. */
async function play(steps: readonly Step[], subject: Subject, gate: Gate, store: () => Promise<void>): Promise<void> {
  const calls: { readonly begunAt: number; readonly values: (string | null)[]; readonly isStored: Promise<boolean> }[] =
    [];
  const save = (begunAt: number, run: () => Promise<void>): void => {
    const values = subject.values();
    calls.push({
      begunAt,
      values,
      isStored: run().then(
        () => true,
        () => false,
      ),
    });
  };
  gate.isOpen = false;
  for (const [at, one] of steps.entries()) {
    // Later values are greater.
    if (one.do === 'set') subject.set(one.field, at + 1);
    else if (one.do === 'end') gate.end(one.at, one.isStored);
    else save(at + 1, one.do === 'save' ? () => subject.object.save() : store);
    await settled();
  }
  gate.isOpen = true;
  while (gate.waiting.length > 0) gate.end(0, true);
  const outcomes = await Promise.all(calls.map(({ isStored }) => isStored));
  const stored = await subject.stored();
  const marked = subject.marked();
  expect(stored.map((value, at) => (marked[at] ? 'marked' : value))).toEqual(
    subject.values().map((value, at) => (marked[at] ? 'marked' : value)),
  );
  for (const [place, { values, begunAt }] of calls.entries()) {
    if (!outcomes[place]) continue;
    // A field that was assigned before the call is no longer marked as changed.
    for (const [at, value] of subject.values().entries())
      if (marked[at]) expect(Number(value)).toBeGreaterThan(begunAt);
    for (const [at, value] of values.entries()) expect(Number(stored[at])).toBeGreaterThanOrEqual(Number(value));
  }
  await subject.object.save();
  expect(subject.marked()).toEqual(marked.map(() => false));
  expect(await subject.stored()).toEqual(subject.values());
}

const gate = new Gate();
let cl: Cinderlib;
afterAll(async () => cl.close());

async function start(storage: PersistenceDriver): Promise<void> {
  cl = await setup({ persistence_config: { storage }, worker: false });
  await cl.backend({ volume_backend_name: 'b', volume_driver: 'cinder.tests.fake_driver.FakeLoggingVolumeDriver' });
}

async function made(kind: string): Promise<Saved> {
  gate.isOpen = true;
  const backend = cl.backends.get('b');
  if (backend === undefined) return expect.unreachable('there is a backend');
  const volume = await backend.createVolume(1, { extra_specs: { k: '0' } });
  if (kind === 'a volume') return volume;
  return kind === 'a snapshot' ? volume.createSnapshot() : volume.connect({ host: 'h' });
}

function check(subject: (object: Saved) => Subject, direct: (object: Saved) => Promise<void>): void {
  const runs = rounds(80);
  test.each(['a volume', 'a snapshot', 'a connection'])(
    'of %s lose no assigned value',
    async (kind) => {
      await fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
          const object = await made(kind);
          await play(steps, subject(object), gate, () => direct(object));
        }),
        { numRuns: runs },
      );
    },
    timeFor(runs, 100),
  );
}

describe('overlapping saves to a database', () => {
  beforeAll(async () => {
    const client = await LocalClient.start();
    let last: Promise<unknown> = Promise.resolve();
    await start(
      await databaseInMemory({}, async () => ({
        lost: null,
        onChanges: (listener) => client.onChanges(listener),
        open: (config) => client.open(config),
        close: () => client.close(),
        async call(command) {
          if (!isWrite(command)) return client.call(command);
          // Like the core: one after the other, whatever the outcome of the others.
          const before = last;
          const decided = gate.wait();
          last = Promise.allSettled([before, decided]);
          await last;
          await decided;
          return client.call(command);
        },
      })),
    );
  });

  check(
    (object) =>
      subjectOf(object, async () => {
        const { persistence } = cl;
        const { id } = object;
        if (object.ovo.model.name === 'Volume') return (await persistence.getVolumes({ volume_id: id }))[0];
        if (object.ovo.model.name === 'Snapshot') return (await persistence.getSnapshots({ snapshot_id: id }))[0];
        return (await persistence.getConnections({ connection_id: id }))[0];
      }),
    (object) => cl.persistence.setAll([object]),
  );
});

describe.each([
  ['that calls the base class', true],
  ['that does not', false],
])('overlapping saves to a plugin %s', (_, callsBase) => {
  const storage = new Slow(gate, callsBase);
  beforeAll(() => start(storage));

  check(
    (object) => subjectOf(object, async () => storage.stored(object.id)),
    (object) => storage.setAll([object]),
  );
});
