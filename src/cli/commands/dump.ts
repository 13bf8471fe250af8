/** `dump`: writes everything as JSON that cinderlib's `load` accepts. */
import { DEFAULT_TYPE } from '../../cinder/volume-type.ts';
import { SourceChanged } from '../../errors/index.ts';
import { sourceOf } from '../../migrate/open.ts';
import type { MigrationReport } from '../../migrate/report.ts';
import type { PersistenceDriver } from '../../persistence/driver.ts';
import { readKeyValues } from '../../persistence/read-key-values.ts';
import { readSnapshots } from '../../persistence/read-objects.ts';
import { compact, jsonText } from '../../serialization/json-text.ts';

export interface DumpOptions {
  /** Whether to include key-values, which Python's cinderlib cannot load. */
  readonly keyValues: boolean;
  /** Applied to each item before it is written; masks its secrets, and returns an item without any unchanged. */
  readonly mask: (value: unknown) => unknown;
  /** Whether the reader of the output has gone: then reading stops too. */
  readonly isOutputClosed: () => boolean;
}

export interface Dumped {
  /** Whether something was masked. */
  readonly masked: boolean;
  /** How many key-values there are, written or not. */
  readonly keyValues: number;
  /** The numbers of objects written. */
  readonly counts: Pick<MigrationReport, 'volumes' | 'snapshots' | 'connections' | 'key_values' | 'volume_types'>;
}

/**
 * Writes the dump incrementally: volumes with their children, newest first, then snapshots without a volume and
 * key-values.
 *
 * @throws {SourceChanged} at the end, if the database was changed meanwhile: the dump is not a consistent snapshot
 */
export async function dump(
  storage: PersistenceDriver,
  write: (text: string) => Promise<void>,
  { keyValues, mask, isOutputClosed }: DumpOptions,
): Promise<Dumped> {
  let separator = '[';
  let masked = false;
  const add = async (value: unknown): Promise<void> => {
    const shown = mask(value);
    masked ||= shown !== value;
    await write(`${separator}${jsonText(shown, compact)}`);
    separator = ',\n';
  };
  const counts = { volumes: 0, snapshots: 0, connections: 0 };
  const types = new Set<string>();
  const dumped = new Set<string>();
  const result = (keyValues: number, written: number): Dumped => ({
    masked,
    keyValues,
    counts: { ...counts, key_values: written, volume_types: types.size },
  });
  const source = sourceOf(storage);
  const before = await source.state();
  for await (const volume of storage.iterateVolumes()) {
    await add(await volume.dump());
    dumped.add(volume.id);
    counts.volumes++;
    counts.snapshots += volume.ovo.children('snapshots').length;
    counts.connections += volume.ovo.children('volume_attachment').length;
    const type = volume.volume_type;
    if (type !== null && type.name !== DEFAULT_TYPE) types.add(type.id);
    if (isOutputClosed()) return result(0, 0);
  }
  // Snapshots in a database whose volumes no longer exist.
  for (const snapshot of await readSnapshots(storage, {})) {
    if (dumped.has(String(snapshot.volume_id))) continue;
    await add(await snapshot.dump());
    counts.snapshots++;
  }
  const pairs = await readKeyValues(storage);
  if (keyValues) {
    for (const { key, value } of pairs) await add({ class: 'KeyValue', key, value });
  }
  await write(separator === '[' ? '[]\n' : ']\n');
  if ((await source.state()) !== before) {
    throw new SourceChanged(
      'The database was changed while it was read, so the output is not a consistent snapshot. Stop whatever writes to it, and repeat.',
    );
  }
  return result(pairs.length, keyValues ? pairs.length : 0);
}
