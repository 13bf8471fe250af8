/** Reads iSCSI sessions and their disks from `/sys`, which avoids parsing the output of tools. */
import { builtin } from '../../runtime.ts';

const sessions = '/sys/class/iscsi_session';

/** The disks on this host, such as `sda`, that belong to a target, by logical unit number. */
export function disksOf(iqn: string): ReadonlyMap<number, string> {
  const disks = new Map<number, string>();
  for (const session of list(sessions)) {
    if (read(`${sessions}/${session}/targetname`) !== iqn) continue;
    const device = `${sessions}/${session}/device`;
    for (const target of list(device).filter((name) => name.startsWith('target'))) {
      // Contains the units: host:channel:target:unit.
      for (const unit of list(`${device}/${target}`)) {
        const [disk] = list(`${device}/${target}/${unit}/block`);
        if (disk !== undefined) disks.set(Number(unit.split(':').at(-1)), disk);
      }
    }
  }
  return disks;
}

/** Whether this host is logged in to the target. */
export function isLoggedIn(iqn: string): boolean {
  return list(sessions).some((session) => read(`${sessions}/${session}/targetname`) === iqn);
}

/** The size of a disk in bytes. The kernel counts in sectors of 512 bytes, whatever the disk's sector size. */
export function diskSize(disk: string): number | null {
  const sectors = read(`/sys/block/${disk}/size`);
  return sectors === null ? null : Number(sectors) * 512;
}

function list(folder: string): string[] {
  try {
    return builtin('node:fs')?.readdirSync(folder) ?? [];
  } catch {
    return [];
  }
}

function read(file: string): string | null {
  try {
    return builtin('node:fs')?.readFileSync(file, 'utf8').trim() ?? null;
  } catch {
    return null;
  }
}
