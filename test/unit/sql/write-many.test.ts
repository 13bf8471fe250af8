/** The changes of a bulk give the same rows as the same changes one by one, with fewer queries. */
import { expect, test } from 'vitest';
import type { SingleWrite } from '../../../src/rpc/contract.ts';
import { writeMany } from '../../../src/sql/write/write-many.ts';
import { Random } from '../../support/random.ts';
import { rounds } from '../../support/rounds.ts';
import { CREATED, creation, openWriter, type Writer } from './writer.ts';

const tables = [
  ...['volumes', 'volume_metadata', 'volume_admin_metadata', 'snapshots', 'snapshot_metadata', 'volume_attachment'],
  ...['volume_types', 'volume_type_extra_specs', 'cinderlib_persistence_key_value'],
];

/** Every row, without ids that the database assigns. */
function contentOf(writer: Writer): unknown {
  return tables.map((table) =>
    writer
      .rows(`SELECT * FROM ${table}`)
      .map(({ id, ...row }) => JSON.stringify(typeof id === 'number' ? row : { id, ...row }))
      .map((text) => text.replaceAll(writer.defaultTypeId, 'DEFAULT'))
      .sort(),
  );
}

async function writeAll(writer: Writer, commands: readonly SingleWrite[]): Promise<void> {
  const { defaultTypeId } = writer;
  const context = () => ({ now: CREATED, softDeletes: false, defaultTypeId, newId: () => crypto.randomUUID() });
  await writer.engine.transaction((connection) => writeMany(connection, commands, context));
}

const volumes = ['v1', 'v2', 'v3', 'v4', 'v5', 'v6'] as const;
const types = ['t1', 't2', 't3'] as const;

function randomCommand(random: Random): SingleWrite {
  const volume_id = random.pick(volumes);
  const name = random.text(3);
  const pairs = (): readonly (readonly [string, string])[] =>
    Array.from({ length: random.below(3) }, (_, n) => [`k${n}`, random.text(2)] as const);
  switch (random.pick(['volume', 'volume', 'snapshot', 'connection', 'key'])) {
    case 'volume': {
      const type = random.pick([null, ...types]);
      const change = creation(volume_id, { display_name: name, volume_type_id: type, size: random.below(9) });
      const withType = type !== null && random.below(2) === 0;
      const volume_type = { id: type ?? '', values: { name: `name of ${type}` }, extra_specs: pairs() };
      const all = { ...change, metadata: pairs(), admin_metadata: pairs(), ...(withType ? { volume_type } : {}) };
      return { kind: 'setVolume', change: all };
    }
    case 'snapshot': {
      const values = { volume_id, display_name: name, volume_type_id: random.pick([null, ...types]) };
      const change = { ...creation(random.pick(['s1', 's2', 's3']), values), metadata: pairs() };
      return { kind: 'setSnapshot', change };
    }
    case 'connection':
      return { kind: 'setConnection', change: creation(random.pick(['c1', 'c2', 'c3']), { volume_id }) };
    default:
      return { kind: 'setKeyValue', key: random.pick(['a', 'b']), value: name };
  }
}

test('random changes give the same rows together as one by one, even for existing and repeated objects', async () => {
  const random = new Random();
  for (let round = 0; round < rounds(10); round++) {
    const commands = Array.from({ length: 40 }, () => randomCommand(random));
    // In every other round, half of them are written before.
    const [before, after] = [commands.slice(0, 20 * (round % 2)), commands.slice(20 * (round % 2))];
    const [together, oneByOne] = [await openWriter(), await openWriter()];
    for (const command of before) for (const writer of [together, oneByOne]) await writer.write(command);
    await writeAll(together, after);
    for (const command of after) await oneByOne.write(command);
    expect(contentOf(together), `CINDERLIB_SEED=${random.seed}`).toEqual(contentOf(oneByOne));
  }
});

test('a type that comes with a new volume can be used by existing volumes in the same bulk', async () => {
  const writer = await openWriter();
  await writer.write({ kind: 'setVolume', change: creation('old') });
  const type = { id: 't', values: { name: 'gold', created_at: '2020-01-01 00:00:00.000000' } };
  const changed = { volume_type_id: 't', created_at: CREATED, updated_at: '2040-01-01 00:00:00.000000' };
  await writeAll(writer, [
    { kind: 'setVolume', change: { ...creation('new', { volume_type_id: 't' }), guarded: true, volume_type: type } },
    { kind: 'setVolume', change: { ...creation('old', changed), guarded: true } },
    { kind: 'setVolume', change: { ...creation('last', { volume_type_id: 't' }), guarded: true } },
  ]);
  expect(writer.row('volume_types', 't')).toMatchObject({ name: 'gold' });
  expect(writer.rows("SELECT id FROM volumes WHERE volume_type_id = 't' ORDER BY id")).toEqual([
    { id: 'last' },
    { id: 'new' },
    { id: 'old' },
  ]);
});

test('leftover metadata of a deleted volume is handled the same as one by one', async () => {
  const [together, oneByOne] = [await openWriter(), await openWriter()];
  const commands: SingleWrite[] = ['v1', 'v2'].map((id) => {
    return {
      kind: 'setVolume',
      change: {
        ...creation(id),
        metadata: [
          ['k', 'new'],
          ['l', 'new'],
        ],
      },
    };
  });
  for (const writer of [together, oneByOne]) {
    await writer.engine.run(
      "INSERT INTO volume_metadata (volume_id, key, value, deleted) VALUES ('v1', 'k', 'old', 0), ('v1', 'm', 'old', 0)",
    );
  }
  await writeAll(together, commands);
  for (const command of commands) await oneByOne.write(command);
  expect(contentOf(together)).toEqual(contentOf(oneByOne));
});

test('ten times as many new objects need no more queries', async () => {
  const questions: number[] = [];
  for (const count of [20, 200]) {
    const writer = await openWriter();
    const commands: SingleWrite[] = Array.from({ length: count }, (_, n) => {
      return { kind: 'setVolume', change: { ...creation(`v${n}`, { volume_type_id: 't' }), metadata: [['k', 'v']] } };
    });
    const start = writer.engine.statements.length;
    await writeAll(writer, commands);
    questions.push(writer.engine.statements.slice(start).filter((sql) => sql.startsWith('SELECT')).length);
  }
  expect(questions[1]).toBe(questions[0]);
});

test('an error names the object of the bulk that caused it', async () => {
  const commands = (id: string, values: Record<string, string>): SingleWrite[] => [
    { kind: 'setVolume', change: creation('v1') },
    { kind: 'setVolume', change: creation(id, values) },
  ];
  for (const [id, values] of [
    ['v2', { nonsense: 'x' }],
    ['v3', { deleted: 'x' }],
  ] as const) {
    const writer = await openWriter();
    await expect(writeAll(writer, commands(id, values))).rejects.toMatchObject({ item: `volume ${id}` });
  }
});
