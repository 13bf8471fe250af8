/** `ls`: lists the content of a storage, one object per line. */
import type { VersionedObject } from '../../cinder/versioned-object.ts';
import { sourceOf } from '../../migrate/open.ts';
import type { Volume } from '../../objects/volume.ts';
import { DatabasePersistence } from '../../persistence/database.ts';
import type { PersistenceDriver } from '../../persistence/driver.ts';
import type { Output, Row } from '../output.ts';

export const kinds = ['volumes', 'snapshots', 'connections', 'key-values', 'backends'] as const;
export type Kind = (typeof kinds)[number];

interface Listing {
  readonly columns: readonly string[];
  rows(storage: PersistenceDriver, output: Output): AsyncIterable<Row>;
}

export async function list(output: Output, storage: PersistenceDriver, kind: Kind): Promise<void> {
  const { columns, rows } = listings[kind];
  await output.printRows(columns, rows(storage, output));
}

const listings: Readonly<Record<Kind, Listing>> = {
  volumes: {
    columns: ['id', 'name', 'size', 'status', 'backend', 'type'],
    async *rows(storage) {
      for await (const volume of storage.iterateVolumes()) yield volumeRow(volume);
    },
  },
  snapshots: {
    columns: ['id', 'name', 'size', 'status', 'volume_id'],
    async *rows(storage) {
      for (const { id, name, volume_size: size, status, volume_id } of await storage.getSnapshots()) {
        yield { id, name, size, status, volume_id };
      }
    },
  },
  connections: {
    columns: ['id', 'volume_id', 'protocol', 'host', 'attached'],
    async *rows(storage) {
      for await (const connection of connectionsOf(storage)) yield connectionRow(connection);
    },
  },
  'key-values': {
    columns: ['key', 'value'],
    async *rows(storage, output) {
      for (const { key, value } of await storage.getKeyValues()) yield { key, value: output.maskedField(key, value) };
    },
  },
  backends: {
    columns: ['name', 'volumes', 'size'],
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
    backend: typeof backend === 'string' ? backend : backend.id,
    type: volume_type?.name ?? null,
  };
}

/** Reads the connections of a database through their volumes, so that one without a volume does not hide the others. */
export async function* connectionsOf(storage: PersistenceDriver): AsyncGenerator<VersionedObject> {
  if (!(storage instanceof DatabasePersistence)) {
    for (const { ovo } of await storage.getConnections()) yield ovo;
    return;
  }
  for await (const items of sourceOf(storage).items()) {
    for (const { kind, ovo } of items) if (kind === 'connection') yield ovo;
  }
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
    const name = typeof backend === 'string' ? backend : backend.id;
    const sum = backends.get(name) ?? { volumes: 0, size: 0n };
    backends.set(name, { volumes: sum.volumes + 1, size: sum.size + BigInt(size ?? 0) });
  }
  for (const [name, sum] of [...backends].sort(([one], [other]) => (one < other ? -1 : 1))) yield { name, ...sum };
}
