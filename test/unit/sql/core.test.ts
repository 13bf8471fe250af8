/** The queue of the core: which commands run together, in which order, and which are refused. */
import { describe, expect, test } from 'vitest';
import {
  ContextClosed,
  DatabaseError,
  NotImplemented,
  VolumeNotFound,
  VolumeTypeNotFoundByName,
} from '../../../src/errors/index.ts';
import type { Command, CoreConfig, SingleWrite } from '../../../src/rpc/contract.ts';
import { Core } from '../../../src/sql/core.ts';
import { goldenBytes } from '../../support/golden.ts';
import { config } from './open-core.ts';
import { PlainEngine } from './plain-engine.ts';
import { creation, update } from './writer.ts';

const setKey = (key: string): SingleWrite => ({ kind: 'setKeyValue', key, value: key });
const allKeys = { kind: 'getKeyValues', key: null } as const;
const turn = () => new Promise<void>((resolve) => void setImmediate(resolve));

/** A core, the engine below it, and the number of times that it yielded to incoming messages. */
async function makeCore(file?: string) {
  const engine = await PlainEngine.open(file === undefined ? undefined : goldenBytes(file));
  let turns = 0;
  const core = new Core({
    openEngine: async () => engine,
    nextTurn: () => {
      turns++;
      return turn();
    },
    now: () => '2024-01-01 00:00:00.000001',
    newId: () => crypto.randomUUID(),
  });
  return { core, engine, turns: () => turns };
}

async function openCore(open: CoreConfig = config) {
  const made = await makeCore();
  await made.core.call({ kind: 'open', config: open });
  made.engine.groups.length = 0;
  return made;
}

describe('the queue', () => {
  test('runs waiting writes in one group', async () => {
    const { core, engine, turns } = await openCore();
    await Promise.all(['a', 'b', 'c'].map((key) => core.call(setKey(key))));
    expect(engine.groups).toEqual([3]);
    expect(turns()).toBe(1);
  });

  test('lets writes that arrive within the same turn join the group', async () => {
    const { core, engine } = await openCore();
    const first = core.call(setKey('a'));
    await Promise.resolve();
    const second = core.call(setKey('b'));
    await Promise.all([first, second]);
    expect(engine.groups).toEqual([2]);
  });

  test('puts writes that arrive during a commit into the next group', async () => {
    const { core, engine } = await openCore();
    const group = engine.group.bind(engine);
    const late: Promise<unknown>[] = [];
    engine.group = async (works) => {
      const results = await group(works);
      if (late.length === 0) late.push(core.call(setKey('b')), core.call(setKey('c')));
      return results;
    };
    await core.call(setKey('a'));
    await Promise.all(late);
    expect(engine.groups).toEqual([1, 2]);
  });

  test('keeps the order of arrival around reads', async () => {
    const { core, engine } = await openCore();
    const [, , first, , second] = await Promise.all([
      core.call(setKey('a')),
      core.call(setKey('b')),
      core.call(allKeys),
      core.call({ kind: 'deleteKeyValue', key: 'a' }),
      core.call(allKeys),
    ]);
    expect(first.map(({ key }) => key)).toEqual(['a', 'b']);
    expect(second.map(({ key }) => key)).toEqual(['b']);
    expect(engine.groups).toEqual([2, 1]);
  });

  test('runs a read without waiting for a turn', async () => {
    const { core, turns } = await openCore();
    await core.call(allKeys);
    expect(turns()).toBe(0);
  });

  test('settles each command of a group separately', async () => {
    const { core } = await openCore();
    const outcomes = await Promise.allSettled([
      core.call(setKey('a')),
      core.call({ kind: 'setVolume', change: update('nobody', {}) }),
      core.call({ kind: 'setVolume', change: creation('v') }),
    ]);
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(outcomes[1]).toHaveProperty('reason', new VolumeNotFound('nobody'));
    expect(await core.call(allKeys)).toHaveLength(1);
    expect((await core.call({ kind: 'getVolumes', filter: {} })).volumes.rows).toHaveLength(1);
  });

  test('rejects every command of a group if its flush fails, and continues to work', async () => {
    const { core, engine } = await openCore();
    const group = engine.group.bind(engine);
    engine.group = async () => {
      engine.group = group;
      throw new Error('no space');
    };
    const outcomes = await Promise.allSettled([core.call(setKey('a')), core.call(setKey('b'))]);
    expect(outcomes.map((outcome) => 'reason' in outcome && String(outcome.reason))).toEqual([
      'Error: no space',
      'Error: no space',
    ]);
    await core.call(setKey('c'));
    expect(await core.call(allKeys)).toEqual([{ key: 'c', value: 'c' }]);
  });
});

describe('a batch', () => {
  test('is answered in order', async () => {
    const { core, engine } = await openCore();
    const { default_type } = await (await makeCore()).core.call({ kind: 'open', config });
    expect(default_type.volume_types.rows).toHaveLength(1);
    const answers = await core.call({
      kind: 'batch',
      commands: [
        setKey('a'),
        { kind: 'setVolume', change: creation('v', { volume_type_id: 't' }) },
        { kind: 'setSnapshot', change: creation('s', { volume_id: 'v' }) },
        { kind: 'deleteKeyValue', key: 'a' },
      ],
    });
    expect(answers).toEqual([null, { volume_type_id: 't' }, { volume_type_id: 't' }, null]);
    expect(engine.groups).toEqual([1]);
  });

  test('is stored whole or not at all', async () => {
    const { core } = await openCore();
    const commands = [setKey('a'), { kind: 'setVolume', change: update('nobody', {}) }] as const;
    await expect(core.call({ kind: 'batch', commands })).rejects.toBeInstanceOf(VolumeNotFound);
    expect(await core.call(allKeys)).toEqual([]);
  });
});

describe('opening and closing', () => {
  const commands: readonly Command[] = [setKey('a'), allKeys, { kind: 'info' }, { kind: 'exportDatabase' }];

  test.each(commands)('before the database is open, $kind is refused', async (command) => {
    const { core } = await makeCore();
    await expect(core.call(command)).rejects.toBeInstanceOf(ContextClosed);
  });

  test.each(commands)('after the database was closed, $kind is refused', async (command) => {
    const { core, engine } = await openCore();
    const closing = core.call({ kind: 'close' });
    await expect(core.call(command)).rejects.toBeInstanceOf(ContextClosed);
    expect(await closing).toBeNull();
    expect(engine.closed).toBe(true);
    await expect(core.call({ kind: 'open', config })).rejects.toBeInstanceOf(ContextClosed);
    expect(await core.call({ kind: 'close' })).toBeNull();
  });

  test('closing waits for earlier commands', async () => {
    const { core, engine } = await openCore();
    const [, keys] = await Promise.all([core.call(setKey('a')), core.call(allKeys), core.call({ kind: 'close' })]);
    expect(keys).toHaveLength(1);
    expect(engine.closed).toBe(true);
  });

  test('commands sent right after open wait for it', async () => {
    const { core } = await makeCore();
    const opening = core.call({ kind: 'open', config });
    await core.call(setKey('a'));
    expect((await opening).default_type.volume_type_extra_specs.rows).toEqual([]);
  });

  test('a refusal names the database, also when it is refreshed', async () => {
    const { core, engine } = await openCore();
    engine.rows('DELETE FROM alembic_version');
    const refusal = core.call({ kind: 'refresh' });
    await expect(refusal).rejects.toMatchObject({ name: 'SchemaError', path: 'plain' });
    await expect(refusal).rejects.toThrow(/^plain: The database cannot be used: .* alembic_version is empty/);
  });

  test('a database that is refused is closed, and another one can be opened', async () => {
    const refused = await PlainEngine.open(goldenBytes('no-default-type.sqlite.gz'));
    const engines = [refused, await PlainEngine.open()];
    const core = new Core({
      openEngine: async () => engines.shift() ?? refused,
      nextTurn: turn,
      now: () => '2024-01-01 00:00:00.000001',
      newId: () => crypto.randomUUID(),
    });
    const outcomes = await Promise.allSettled([core.call({ kind: 'open', config }), core.call(allKeys)]);
    const missing = Object.assign(new VolumeTypeNotFoundByName('__DEFAULT__'), { path: 'plain', deleted: false });
    expect(outcomes[0]).toHaveProperty('reason', missing);
    expect(outcomes[1]).toHaveProperty('reason.name', 'ContextClosed');
    expect(refused.closed).toBe(true);
    await core.call({ kind: 'open', config });
    await expect(core.call({ kind: 'open', config })).rejects.toBeInstanceOf(DatabaseError);
    await core.call(setKey('a'));
  });

  test('the option soft_deletes decides whether deleted rows stay', async () => {
    for (const soft_deletes of [true, false]) {
      const { core, engine } = await openCore({ ...config, soft_deletes });
      await core.call({ kind: 'setVolume', change: creation('v') });
      await core.call({ kind: 'deleteVolume', id: 'v' });
      expect(engine.value('SELECT count(*) FROM volumes')).toBe(soft_deletes ? 1 : 0);
    }
  });
});

test('info describes the database, and exportDatabase returns all of it', async () => {
  const { core, engine } = await openCore();
  expect(await core.call({ kind: 'info' })).toEqual({
    medium: 'memory',
    durability: 'none',
    persisted: false,
    leader: true,
    size: engine.size,
    revision: 'c92a3e68beed',
    versions: { sqlite: 'plain' },
    native_locks: 'none',
    read_only: false,
  });
  const exported = await PlainEngine.open(await core.call({ kind: 'exportDatabase' }));
  expect(exported.value('SELECT version_num FROM alembic_version')).toBe('c92a3e68beed');
});

test.each([
  [true, 'full'],
  [false, 'off'],
])('with sqlite_synchronous %s on a file system, the durability is %s', async (sqlite_synchronous, durability) => {
  const { core } = await openCore({ ...config, medium: 'filesystem', sqlite_synchronous });
  expect(await core.call({ kind: 'info' })).toMatchObject({ medium: 'filesystem', durability, persisted: true });
});

test('an unknown command is refused by its name', async () => {
  const { core } = await openCore();
  // What a newer version of the library might send.
  const unknown = { kind: 'compact' } as unknown as Command;
  const reason: unknown = await core.call(unknown).catch((error: unknown) => error);
  expect(reason).toBeInstanceOf(NotImplemented);
  expect(String(reason)).toContain('"compact"');
  const batch = { kind: 'batch', commands: [unknown] } as unknown as Command;
  await expect(core.call(batch)).rejects.toBeInstanceOf(NotImplemented);
});

describe('close with at_once', () => {
  const write = { kind: 'setKeyValue', key: 'k', value: 'v' } as const;

  test('releases the files before waiting commands run, which fail as not done', async () => {
    const { core, engine } = await openCore();
    Object.assign(engine, { drop: () => true });
    const waiting = expect(core.call(write)).rejects.toMatchObject({ code: 'DATABASE_TAKEN_OVER' });
    await core.call({ kind: 'close', at_once: true });
    await waiting;
    expect(engine.rows('SELECT key FROM cinderlib_persistence_key_value')).toEqual([]);
  });

  test('waits for earlier commands if the files cannot be released', async () => {
    const { core } = await openCore();
    const waiting = core.call(write);
    await core.call({ kind: 'close', at_once: true });
    expect(await waiting).toBeNull();
  });
});
