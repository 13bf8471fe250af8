/** A database that commands are written to, with a clock and ids that a test can foretell. */
import type {
  Answer,
  RowChange,
  SqlValue,
  VolumeChange,
  VolumeTypeChange,
  WriteCommand,
} from '../../../src/rpc/contract.ts';
import { prepareSchema } from '../../../src/sql/revisions.ts';
import { write } from '../../../src/sql/run-command.ts';
import { goldenBytes } from '../../support/golden.ts';
import { PlainEngine } from './plain-engine.ts';

/** When the databases of {@link openWriter} are created, and their first write happens unless `now` is set. */
export const CREATED = '2024-01-01 00:00:00.000001';
export const LATER = '2024-01-02 00:00:00.000002';

export class Writer {
  readonly engine: PlainEngine;
  readonly defaultTypeId: string;
  now = CREATED;
  softDeletes = false;
  #ids = 0;

  constructor(engine: PlainEngine, defaultTypeId: string) {
    this.engine = engine;
    this.defaultTypeId = defaultTypeId;
  }

  async write<C extends WriteCommand>(command: C): Promise<Answer<C>> {
    const { now, softDeletes, defaultTypeId } = this;
    const newContext = () => ({ now, softDeletes, defaultTypeId, newId: () => `new ${++this.#ids}` });
    const answer = await this.engine.transaction((connection) => write(connection, command, newContext));
    // `write` answers by the kind of the command.
    return answer as Answer<C>;
  }

  /** A digest of everything that is stored, to see whether any byte has changed. */
  content(): string {
    return this.engine.digest();
  }

  rows(sql: string, parameters: readonly SqlValue[] = []): Record<string, SqlValue>[] {
    return this.engine.rows(sql, parameters);
  }

  row(table: string, id: string): Record<string, SqlValue> | undefined {
    return this.rows(`SELECT * FROM ${table} WHERE id = ?`, [id])[0];
  }
}

/** A new database, or a copy of a golden one. */
export async function openWriter(file?: string): Promise<Writer> {
  const engine = await PlainEngine.open(file === undefined ? undefined : goldenBytes(file));
  const origin = { now: () => CREATED, newId: () => crypto.randomUUID() };
  const { default_type } = await prepareSchema(engine, origin);
  const { columns, rows } = default_type.volume_types;
  return new Writer(engine, String(rows[0]?.[columns.indexOf('id')]));
}

/** The change that creates a row. */
export function creation(id: string, values: RowChange['values'] = {}): RowChange {
  return { id, values: { id, ...values }, whole: false };
}

/** The change that updates a row. */
export function update(id: string, values: RowChange['values']): RowChange {
  return { id, values, whole: false };
}

/** A volume type of its own. */
export function own(id: string, changes: Partial<VolumeTypeChange> = {}): VolumeTypeChange {
  return { id, values: { id, name: id, is_public: true }, ...changes };
}

/** The QoS specs of a volume type, as a part of its change. */
export function qos(id: string, specs: readonly (readonly [string, string | null])[], consumer = 'back-end') {
  return { qos_specs: { id, consumer, specs } };
}

/** The change that creates a volume with a type of its own. */
export function withType(id: string, changes: Partial<VolumeTypeChange> = {}): VolumeChange {
  return { ...creation(id, { volume_type_id: id }), volume_type: own(id, changes) };
}
