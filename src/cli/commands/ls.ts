/** `ls`: lists the content of a storage, one object per line. */
import type { VersionedObject } from '../../cinder/versioned-object.ts';
import { sourceOf } from '../../migrate/open.ts';
import { nameOfBackend } from '../../objects/backends.ts';
import type { Volume } from '../../objects/volume.ts';
import { DatabasePersistence } from '../../persistence/database.ts';
import type { PersistenceDriver } from '../../persistence/driver.ts';
import { readKeyValues } from '../../persistence/read-key-values.ts';
import { readConnections, readSnapshots, readVolumes } from '../../persistence/read-objects.ts';
import type { Output, Row } from '../output.ts';

export const kinds = ['volumes', 'snapshots', 'connections', 'key-values', 'backends'] as const;
export type Kind = (typeof kinds)[number];

const filterNames = ['backend', 'name', 'volume'] as const;
type FilterName = (typeof filterNames)[number];
/** What to list: rows with exactly these values. */
export type Filters = Readonly<Partial<Record<FilterName, string>>>;

interface Listing {
  readonly columns: readonly string[];
  /** The columns that filters apply to. */
  readonly filters: Readonly<Partial<Record<FilterName, string>>>;
  rows(storage: PersistenceDriver, output: Output): AsyncIterable<Row>;
}

/** The first of the filters that does not apply to objects of that kind. */
export function unfitFilter(kind: Kind, given: Filters): FilterName | undefined {
  return filterNames.find((name) => given[name] !== undefined && listings[kind].filters[name] === undefined);
}

export async function list(output: Output, storage: PersistenceDriver, kind: Kind, given: Filters): Promise<void> {
  const { columns, filters, rows } = listings[kind];
  const wanted = filterNames.flatMap((name) => {
    const [column, value] = [filters[name], given[name]];
    return column === undefined || value === undefined ? [] : [{ column, value }];
  });
  let found = 0;
  const counting = async function* (): AsyncGenerator<Row> {
    for await (const row of matching(rows(storage, output), wanted)) {
      found++;
      yield row;
    }
  };
  await output.printRows(columns, counting());
  if (found === 0) await explainNothing(output, storage, given);
}

/** An empty list reads as the answer, although the question may have been about something that does not exist. */
async function explainNothing(output: Output, storage: PersistenceDriver, filters: Filters): Promise<void> {
  const { backend, name, volume } = filters;
  if (volume !== undefined && !(await hasVolume(storage, volume))) {
    await output.note(`no volume has the id ${volume}; --volume takes a whole id.`);
  } else if (volume === undefined && backend !== undefined && name === undefined) {
    await output.note(`no volume is on a backend ${backend}; cinderlib ls URL backends lists them.`);
  }
}

/** True also if that cannot be told, since a row of the volume or of its connections cannot be read. */
async function hasVolume(storage: PersistenceDriver, id: string): Promise<boolean> {
  // An empty id would be no filter.
  if (id === '') return false;
  const found = await readVolumes(storage, { volume_id: id }).catch(() => null);
  return found === null || found.length > 0;
}

/** Compares what is shown: a database's own filter by backend has wildcards, and never finds a host without a pool. */
async function* matching(
  rows: AsyncIterable<Row>,
  wanted: readonly { readonly column: string; readonly value: string }[],
): AsyncGenerator<Row> {
  for await (const row of rows) if (wanted.every(({ column, value }) => (row[column] ?? '') === value)) yield row;
}

const listings: Readonly<Record<Kind, Listing>> = {
  volumes: {
    columns: ['id', 'name', 'size', 'status', 'backend', 'type'],
    filters: { backend: 'backend', name: 'name', volume: 'id' },
    async *rows(storage) {
      for await (const volume of storage.iterateVolumes()) yield volumeRow(volume);
    },
  },
  snapshots: {
    columns: ['id', 'name', 'size', 'status', 'volume_id'],
    filters: { name: 'name', volume: 'volume_id' },
    async *rows(storage) {
      for (const { id, name, volume_size: size, status, volume_id } of await readSnapshots(storage, {})) {
        yield { id, name, size, status, volume_id };
      }
    },
  },
  connections: {
    columns: ['id', 'volume_id', 'protocol', 'host', 'attached'],
    filters: { volume: 'volume_id' },
    async *rows(storage) {
      for await (const connection of connectionsOf(storage)) yield connectionRow(connection);
    },
  },
  'key-values': {
    columns: ['key', 'value'],
    filters: {},
    async *rows(storage, output) {
      for (const { key, value } of await readKeyValues(storage)) yield { key, value: output.maskedField(key, value) };
    },
  },
  backends: {
    columns: ['name', 'volumes', 'size'],
    filters: {},
    rows: backendRows,
  },
};

function volumeRow(volume: Volume): Row {
  const { id, name, size, status, backend, volume_type } = volume;
  return {
    id,
    name,
    size,
    status,
    backend: nameOfBackend(backend),
    type: volume_type?.name ?? null,
  };
}

/** Reads the connections of a database page by page, through their volumes, and then those that have none. */
export async function* connectionsOf(storage: PersistenceDriver): AsyncGenerator<VersionedObject> {
  if (!(storage instanceof DatabasePersistence)) {
    for (const { ovo } of await readConnections(storage, {})) yield ovo;
    return;
  }
  for await (const items of sourceOf(storage).items()) {
    for (const { kind, ovo } of items) if (kind === 'connection') yield ovo;
  }
  yield* await storage.lostConnections();
}

function connectionRow(ovo: VersionedObject): Row {
  const info = (name: string): unknown => part(ovo.get('connection_info'), name);
  return {
    id: ovo.get('id'),
    volume_id: ovo.get('volume_id'),
    protocol: part(info('conn'), 'driver_volume_type') ?? null,
    host: ovo.get('attached_host') ?? part(ovo.get('connector') ?? info('connector'), 'host') ?? null,
    attached: (info('device') ?? null) !== null,
  };
}

function part(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? Reflect.get(value, name)
    : undefined;
}

async function* backendRows(storage: PersistenceDriver): AsyncGenerator<Row> {
  const backends = new Map<string, { volumes: number; size: bigint }>();
  for await (const { backend, size } of storage.iterateVolumes()) {
    const name = nameOfBackend(backend);
    const sum = backends.get(name) ?? { volumes: 0, size: 0n };
    backends.set(name, { volumes: sum.volumes + 1, size: sum.size + BigInt(size ?? 0) });
  }
  for (const [name, sum] of [...backends].sort(([one], [other]) => (one < other ? -1 : 1))) yield { name, ...sum };
}
