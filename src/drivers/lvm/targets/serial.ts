/**
 * The serial number of a unit, by which hosts identify it, for instance in `/dev/disk/by-id`. Hosts take units with
 * the same serial number for paths to the same disk, so it must be unique across all hosts that export volumes.
 */
import type { DriverVolume } from '../../driver-objects.ts';
import { volumeName } from '../../volume-names.ts';

/** The id in the volume's name if it is a UUID; others are hashed into one: LIO accepts only hexadecimal digits. */
export async function serialOf(volume: DriverVolume): Promise<string> {
  const name = volumeName(volume);
  const uuid = /^volume-(?<id>[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/.exec(name)?.groups?.['id'];
  return uuid ?? asUuid(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(name)));
}

function asUuid(hash: ArrayBuffer): string {
  const digits = Array.from(new Uint8Array(hash), (byte) => byte.toString(16).padStart(2, '0')).join('');
  return [0, 8, 12, 16, 20].map((at, index, all) => digits.slice(at, all[index + 1] ?? 32)).join('-');
}
