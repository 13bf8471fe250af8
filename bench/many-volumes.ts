/** Generates many volumes, each with a metadata key and a snapshot: as a SQLite file, and as SQL text, like a dump. */
import { emptyDatabase, nativeWriter } from './peer.ts';

type Row = Readonly<Record<string, string | number>>;

const time = '2026-01-02 03:04:05.678901';
const common = { created_at: time, updated_at: time, user_id: 'cinderlib', project_id: 'cinderlib' };
/** Rows per INSERT, about as many as `mysqldump` and experienced users would write. */
export const rowsOfInsert = 500;

/** Ids in no particular order, like random ones: 40,503 has no factor in common with 2^32. */
const idOf = (n: number, kind: string): string => {
  const digits = ((n * 40_503 * 65_537) % 2 ** 32).toString(16).padStart(8, '0');
  return `${digits}-0000-4000-8000-${kind}${String(n).padStart(11, '0')}`;
};

function volume(n: number): Row {
  return {
    ...common,
    ...{ id: idOf(n, 'a'), host: 'host@bench#pool', size: 1 + (n % 100), availability_zone: 'nova' },
    ...{
      status: 'available',
      attach_status: 'detached',
      display_name: `volume ${n}`,
      display_description: 'one of many',
    },
    ...{ deleted: 0, bootable: 0, multiattach: 0, use_quota: 1, shared_targets: 1 },
  };
}

function snapshot(n: number): Row {
  return {
    ...common,
    ...{ id: idOf(n, 'b'), volume_id: idOf(n, 'a'), volume_size: 1 + (n % 100), status: 'available', progress: '100%' },
    ...{ display_name: `snapshot ${n}`, display_description: '', deleted: 0, use_quota: 1 },
  };
}

function metadata(n: number): Row {
  return { volume_id: idOf(n, 'a'), key: 'number', value: String(n), created_at: time, deleted: 0 };
}

const typed = new Set(['volumes', 'snapshots']);
const tables = { volumes: volume, volume_metadata: metadata, snapshots: snapshot };

/** Creates the file with that many volumes. */
export async function manyVolumes(path: string, count: number): Promise<void> {
  await emptyDatabase(`sqlite:///${path}`);
  const database = nativeWriter(path);
  const typeId = database.prepare("SELECT id FROM volume_types WHERE name = '__DEFAULT__'").all()[0]?.['id'];
  for (const [table, rowOf] of Object.entries(tables)) {
    const columns = columnsOf(table, rowOf(0));
    const places = columns.map(() => '?').join(', ');
    const insert = database.prepare(`INSERT INTO ${table} (${columns.map(quoted).join(', ')}) VALUES (${places})`);
    database.transaction(() => {
      for (let n = 0; n < count; n++) insert.run(...Object.values(rowOf(n)), ...(typed.has(table) ? [typeId] : []));
    })(0);
  }
  database.close();
}

/** The same rows as text, in one transaction; the volumes' type is looked up by name. */
export function* manyVolumesAsSql(count: number): Generator<string> {
  const typeId = "(SELECT id FROM volume_types WHERE name = '__DEFAULT__')";
  yield 'BEGIN;\n';
  for (const [table, rowOf] of Object.entries(tables)) {
    const columns = columnsOf(table, rowOf(0)).map(quoted).join(', ');
    for (let start = 0; start < count; start += rowsOfInsert) {
      const rows = Array.from({ length: Math.min(rowsOfInsert, count - start) }, (_, n) => {
        const values = Object.values(rowOf(start + n)).map((value) => `'${value}'`);
        return `(${[...values, ...(typed.has(table) ? [typeId] : [])].join(', ')})`;
      });
      yield `INSERT INTO ${table} (${columns}) VALUES ${rows.join(',\n')};\n`;
    }
  }
  yield 'COMMIT;\n';
}

function columnsOf(table: string, row: Row): readonly string[] {
  return [...Object.keys(row), ...(typed.has(table) ? ['volume_type_id'] : [])];
}

const quoted = (column: string): string => `"${column}"`;
