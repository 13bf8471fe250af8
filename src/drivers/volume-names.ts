/** The names that the built-in drivers give volumes and snapshots on their storage: the same as Cinder's. */
import { InvalidVolume, ValueError, VolumeNotFound } from '../errors/index.ts';
import type { DriverAttachment, DriverSnapshot, DriverVolume } from './driver-objects.ts';

export const gibibyte = 1024 ** 3;

/** Cinder's default `volume_name_template`. A volume that Cinder migrated is named by another id. */
export function volumeName({ id, _name_id }: Pick<DriverVolume, 'id' | '_name_id'>): string {
  return `volume-${checkedId(_name_id || id)}`;
}

/** Cinder's default `snapshot_name_template`. */
export function snapshotName({ id }: Pick<DriverSnapshot, 'id'>): string {
  return `snapshot-${checkedId(id)}`;
}

/** The name of a snapshot's volume. */
export function sourceName({ volume_id }: DriverSnapshot): string {
  return volumeName({ id: volume_id ?? '', _name_id: null });
}

/** Ids may be any text, and dumps may come from anywhere: no id may lead out of the folder or volume group. */
function checkedId(id: string): string {
  if (/^[\w.+-]{1,110}$/.test(id)) return id;
  throw new InvalidVolume(
    `${JSON.stringify(id)} cannot be part of a name on the storage: only letters, digits and . _ + - can.`,
  );
}

/** Converts a size field from GiB to bytes. Throws `ValueError` if the bytes are not a safe integer. */
export function bytesOf(size: number | bigint | null): number {
  const bytes = Number(size ?? 0) * gibibyte;
  if (Number.isSafeInteger(bytes)) return bytes;
  const most = Math.floor(Number.MAX_SAFE_INTEGER / gibibyte);
  throw new ValueError(`A volume of ${size} GiB is too large for this driver: it takes at most ${most} GiB.`);
}

/** Converts bytes to GiB with two decimals, as in Cinder's statistics. */
export function inGibibytes(bytes: number): number {
  return Math.round((bytes / gibibyte) * 100) / 100;
}

/** The connections of a volume, as far as the metadata storage can tell. */
export async function attachmentsOf(db: unknown, volume: DriverVolume): Promise<readonly DriverAttachment[]> {
  // Named after the look-up in Cinder's database API.
  const found = await lookUp(db, 'volumeAttachmentGetAllByVolumeId', volume);
  return (found ?? []) as readonly DriverAttachment[];
}

/** The volume as currently stored, since the given object may be stale; the given one if it cannot be looked up. */
export async function storedVolume(db: unknown, volume: DriverVolume): Promise<DriverVolume> {
  try {
    return ((await lookUp(db, 'volumeGet', volume)) ?? volume) as DriverVolume;
  } catch (error) {
    if (error instanceof VolumeNotFound) return volume;
    throw error;
  }
}

/** Calls a look-up of `db`, which is whatever the metadata storage gives to drivers; for a plugin, possibly nothing. */
async function lookUp(db: unknown, method: string, { id }: DriverVolume): Promise<unknown> {
  const found: unknown = typeof db === 'object' && db !== null ? Reflect.get(db, method) : null;
  return typeof found === 'function' ? Reflect.apply(found, db, [id]) : null;
}
