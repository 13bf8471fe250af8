/** What the built-in drivers call volumes and snapshots on their storage: Cinder's own names. */
import { InvalidVolume, ValueError, VolumeNotFound } from '../errors/index.ts';
import type { DriverAttachment, DriverSnapshot, DriverVolume } from './driver-objects.ts';

export const gibibyte = 1024 ** 3;

/** By `volume_name_template`. A volume that Cinder migrated has the name of another id. */
export function volumeName({ id, _name_id }: Pick<DriverVolume, 'id' | '_name_id'>): string {
  return `volume-${checkedId(_name_id || id)}`;
}

/** By `snapshot_name_template`. */
export function snapshotName({ id }: Pick<DriverSnapshot, 'id'>): string {
  return `snapshot-${checkedId(id)}`;
}

/** The name of the volume that a snapshot is of. */
export function sourceName({ volume_id }: DriverSnapshot): string {
  return volumeName({ id: volume_id ?? '', _name_id: null });
}

/** Ids may be any text (`non_uuid_ids`), and a dump may come from anywhere: none may lead out of a folder or group. */
function checkedId(id: string): string {
  if (/^[\w.+-]{1,110}$/.test(id)) return id;
  throw new InvalidVolume(
    `${JSON.stringify(id)} cannot be part of a name on the storage: letters, digits and . _ + - are expected.`,
  );
}

/** A size in GiB, as the fields hold it, in bytes. Throws `ValueError` for one that cannot be counted exactly in bytes. */
export function bytesOf(size: number | bigint | null): number {
  const bytes = Number(size ?? 0) * gibibyte;
  if (Number.isSafeInteger(bytes)) return bytes;
  const most = Math.floor(Number.MAX_SAFE_INTEGER / gibibyte);
  throw new ValueError(`A volume of ${size} GiB is more than this driver can make: at most ${most} GiB.`);
}

/** Bytes in GiB with two decimals, as Cinder's statistics have them. */
export function inGibibytes(bytes: number): number {
  return Math.round((bytes / gibibyte) * 100) / 100;
}

/** The connections of a volume, as far as the storage of the metadata can tell. */
export async function attachmentsOf(db: unknown, volume: DriverVolume): Promise<readonly DriverAttachment[]> {
  // The look-up of Cinder's database API, by its name.
  const found = await lookUp(db, 'volumeAttachmentGetAllByVolumeId', volume);
  return (found ?? []) as readonly DriverAttachment[];
}

/** The volume as it is stored now: who holds it may have read it earlier. As it was given where nobody can tell. */
export async function storedVolume(db: unknown, volume: DriverVolume): Promise<DriverVolume> {
  try {
    return ((await lookUp(db, 'volumeGet', volume)) ?? volume) as DriverVolume;
  } catch (error) {
    if (error instanceof VolumeNotFound) return volume;
    throw error;
  }
}

/** Asks `db`, which is whatever the storage of the metadata gives to drivers; for a plugin that may be nothing. */
async function lookUp(db: unknown, method: string, { id }: DriverVolume): Promise<unknown> {
  const found: unknown = typeof db === 'object' && db !== null ? Reflect.get(db, method) : null;
  return typeof found === 'function' ? Reflect.apply(found, db, [id]) : null;
}
