/**
 * Sequences of operations that Python's cinderlib ran on a copy of the golden database `empty`: run here, they must
 * give every object the same text after each operation, and every table the same rows at the end.
 */
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type Cinderlib, setup } from '../../src/index.ts';
import { parseJson } from '../../src/serialization/json-parser.ts';
import { copyGolden, type GoldenFailure, goldenBytes, inTemporaryFolder } from '../support/golden.ts';
import { type Operation, OperationRunner } from '../support/operations.ts';
import { nativeRows } from '../support/tables.ts';

type Row = Readonly<Record<string, unknown>>;

interface Sequence {
  readonly name: string;
  readonly soft_deletes: boolean;
  readonly setup: Readonly<Record<string, unknown>>;
  readonly backends: readonly string[];
  readonly operations: readonly Operation[];
  /** The outcome of each operation: the text of its object, nothing (for a key-value), or an error. */
  readonly outcomes: readonly ({ readonly jsons?: string } | GoldenFailure)[];
  /** The final rows of the tables, without nulls. */
  readonly rows: Readonly<Record<string, readonly Row[]>>;
}

// JSON.parse would lose the hard cases: 1.0, large integers, NaN, the order of keys.
const { sequences } = parseJson(goldenBytes('operations.json.gz').toString()) as { readonly sequences: Sequence[] };

test.each(sequences)('$name leaves the same texts and rows as in Python', async (sequence) => {
  await inTemporaryFolder(async (folder) => {
    const path = copyGolden('empty.sqlite', join(folder, 'golden.sqlite'));
    const cl = await start(sequence, path);
    try {
      const runner = new OperationRunner(cl);
      for (const [place, operation] of sequence.operations.entries()) {
        const actual = await outcomeOf(runner, operation);
        const expected = sequence.outcomes[place];
        const isText = expected !== undefined && 'jsons' in expected && expected.jsons !== undefined;
        const text = isText ? { jsons: shown(operation, expected.jsons ?? '') } : expected;
        expect({ place, operation: operation.op, ...actual }).toEqual({ place, operation: operation.op, ...text });
      }
    } finally {
      await cl.close();
    }
    for (const [table, rows] of Object.entries(sequence.rows)) {
      expect({ table, rows: rowsOf(path, table, sequence) }).toEqual({ table, rows: kept(table, rows, sequence) });
    }
  });
});

async function start({ setup: options, backends, soft_deletes }: Sequence, path: string): Promise<Cinderlib> {
  const cl = await setup({
    ...options,
    persistence_config: { storage: 'db', connection: `sqlite:///${path}`, soft_deletes },
    worker: false,
  });
  const volume_driver = 'cinder.tests.fake_driver.FakeLoggingVolumeDriver';
  for (const name of backends) await cl.backend({ volume_backend_name: name, volume_driver, pools: ['fake', 'pool2'] });
  return cl;
}

async function outcomeOf(runner: OperationRunner, operation: Operation): Promise<Sequence['outcomes'][number]> {
  try {
    const object = await runner.run(operation);
    return object === null ? {} : { jsons: shown(operation, object.jsons()) };
  } catch (error) {
    const { name, message } = error as Error;
    return { error: { class: originalNames[name] ?? name, message } };
  }
}

const originalNames: Readonly<Record<string, string>> = {
  Error: 'Boom',
  ConnectionNotFound: 'VolumeAttachmentNotFound',
};

/** The text without times, and without the differences after an operation that docs/differences.md names. */
function shown({ op }: Operation, text: string): string {
  // When a snapshot is deleted, the original reads the snapshots of its volume.
  if (op === 'delsnap') return '';
  const timeless = text.replace(/20[2-9]\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+/g, 'NOW');
  const oneDefault = timeless.replaceAll(
    '"extra_specs":{},"qos_specs_id":null,"qos_specs":null',
    '"extra_specs":{},"qos_specs_id":null',
  );
  if (op !== 'clone' && op !== 'fromsnap') return oneDefault;
  return oneDefault.replace(
    /"volume_type":(null|\{"versioned_object.name":"VolumeType".*?"name":"__DEFAULT__".*?\}\})/,
    '"volume_type":…',
  );
}

const owners: Readonly<Record<string, [column: string, table: string]>> = {
  volume_metadata: ['volume_id', 'volumes'],
  volume_admin_metadata: ['volume_id', 'volumes'],
  volume_attachment: ['volume_id', 'volumes'],
  snapshot_metadata: ['snapshot_id', 'snapshots'],
};

/** Drops what the original does differently: it keeps children of a deleted row, and soft-deletes no types. */
function kept(table: string, rows: readonly Row[], { soft_deletes, rows: all }: Sequence): readonly Row[] {
  if (soft_deletes && table.startsWith('volume_type')) return [];
  const [column, owner] = owners[table] ?? [];
  const ids = owner === undefined ? null : new Set(all[owner]?.map(({ id }) => id));
  return rows.flatMap(({ id, ...row }) => {
    if (column !== undefined && ids?.has(row[column]) === false) return [];
    // After a delete, the database may reuse row numbers.
    return [typeof id === 'number' ? row : { id, ...row }];
  });
}

function rowsOf(path: string, table: string, sequence: Sequence): readonly Row[] {
  const rows = nativeRows(path, `SELECT * FROM ${table} ORDER BY rowid`).map((row) => {
    const values = Object.entries(row).filter(([, value]) => value !== null);
    return Object.fromEntries(values.map(([column, value]) => [column, isNow(value) ? 'NOW' : value]));
  });
  return kept(table, rows, sequence);
}

const isNow = (value: unknown): boolean =>
  typeof value === 'string' && /^20[2-9]\d-\d\d-\d\d \d\d:\d\d:\d\d\.\d+$/.test(value);
