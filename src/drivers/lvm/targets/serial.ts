/**
 * What a unit is to hosts: its serial number, which the names below `/dev/disk/by-id` are made of. Units of the same
 * one are taken for several paths to the same disk, so that it must be no other's, whichever host exports the volume.
 */
import type { DriverVolume } from '../../driver-objects.ts';
import { volumeName } from '../../volume-names.ts';

/** The id of the volume on the disk; in the same form for ids that are no UUIDs, since LIO takes hexadecimal digits alone. */
export async function serialOf(volume: DriverVolume): Promise<string> {
  const name = volumeName(volume);
  const uuid = /^volume-(?<id>[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/.exec(name)?.groups?.['id'];
  return uuid ?? asUuid(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(name)));
}

function asUuid(hash: ArrayBuffer): string {
  const digits = Array.from(new Uint8Array(hash), (byte) => byte.toString(16).padStart(2, '0')).join('');
  return [0, 8, 12, 16, 20].map((at, index, all) => digits.slice(at, all[index + 1] ?? 32)).join('-');
}
