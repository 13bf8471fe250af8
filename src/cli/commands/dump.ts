/** `dump`: everything as JSON that cinderlib's `load` takes. */
import { SourceChanged } from '../../errors/index.ts';
import { sourceOf } from '../../migrate/open.ts';
import type { MigrationReport } from '../../migrate/report.ts';
import { DEFAULT_TYPE } from '../../migrate/target.ts';
import type { PersistenceDriver } from '../../persistence/driver.ts';
import { compact, jsonText } from '../../serialization/json-text.ts';

export interface DumpOptions {
  /** Whether key-values go into the dump, which Python's cinderlib cannot load. */
  readonly keyValues: boolean;
  /** What to make of each thing before it is written: secrets are masked here, and only where there are some. */
  readonly mask: (value: unknown) => unknown;
  /** Whether nobody reads any more what is written: then nothing more is read either. */
  readonly deserted: () => boolean;
}

export interface Dumped {
  /** Whether something was masked. */
  readonly masked: boolean;
  /** How many key-values there are, written or not. */
  readonly keyValues: number;
  /** How much was written. */
  readonly counts: Pick<MigrationReport, 'volumes' | 'snapshots' | 'connections' | 'key_values' | 'volume_types'>;
}

/**
 * Writes the dump piece by piece: volumes with what belongs to them, newest first, then what belongs to none.
 *
 * @throws {SourceChanged} at the end, when somebody else changed the database meanwhile: no moment had all of it
 */
export async function dump(
  storage: PersistenceDriver,
  write: (text: string) => Promise<void>,
  { keyValues, mask, deserted }: DumpOptions,
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
    if (deserted()) return result(0, 0);
  }
  // What a database holds of volumes that are not there any more.
  for (const snapshot of await storage.getSnapshots()) {
    if (dumped.has(String(snapshot.volume_id))) continue;
    await add(await snapshot.dump());
    counts.snapshots++;
  }
  const pairs = await storage.getKeyValues();
  if (keyValues) {
    for (const { key, value } of pairs) await add({ class: 'KeyValue', key, value });
  }
  await write(separator === '[' ? '[]\n' : ']\n');
  if ((await source.state()) !== before) {
    throw new SourceChanged(
      'The database was changed while it was read, so that what was written is of no one moment. Stop what writes to it, and repeat.',
    );
  }
  return result(pairs.length, keyValues ? pairs.length : 0);
}
