/** The volume group of a guest, seen and changed without the library: what its answers are compared with. */
import { spawnSync } from 'node:child_process';

export const group = 'cinder-volumes';
const pool = `${group}-pool`;

/** Runs a program and gives what it printed. */
export function command(program: string, ...parameters: string[]): string {
  const { status, stdout, stderr } = spawnSync(program, parameters, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${program} ${parameters.join(' ')}: ${stderr}`);
  return stdout;
}

/** The logical volumes but the pool, with their sizes in GiB. */
export function logicalVolumes(): Map<string, number> {
  const lines = command('lvs', '--noheadings', '--units', 'g', '--nosuffix', '-o', 'lv_name,lv_size', group)
    .split('\n')
    .map((line) => line.trim().split(/\s+/));
  const found = lines.map(([name = '', size]): [string, number] => [name, Number(size)]);
  return new Map(found.filter(([name]) => name !== '' && name !== pool));
}

/** Everything that a volume could leave behind: volumes, devices of the kernel, targets. */
export function leftovers(): string[] {
  const devices = command('dmsetup', 'ls')
    .split('\n')
    .map((line) => line.split('\t')[0] ?? '')
    // Those of the pool come and go with its first volume.
    .filter((name) => !name.includes('--pool'));
  const targets = command('tgtadm', '--lld', 'iscsi', '--mode', 'target', '--op', 'show').match(/^Target .*/gm) ?? [];
  const accounts = command('tgtadm', '--lld', 'iscsi', '--mode', 'account', '--op', 'show').match(/^ {4}\S+/gm) ?? [];
  return [...logicalVolumes().keys(), ...devices, ...targets, ...accounts].filter((line) => line !== '').sort();
}

/** Removes every volume but the pool, whatever state a failed test left it in. */
export function removeVolumes(): void {
  for (const [, number = ''] of command('tgtadm', '--lld', 'iscsi', '--mode', 'target', '--op', 'show').matchAll(
    /^Target (\d+)/gm,
  )) {
    command('tgtadm', '--lld', 'iscsi', '--mode', 'target', '--op', 'delete', '--force', '--tid', number);
  }
  const names = [...logicalVolumes().keys()].map((name) => `${group}/${name}`);
  if (names.length > 0) spawnSync('lvremove', ['-f', ...names]);
}

export function devicePath(name: string): string {
  return `/dev/${group}/${name}`;
}
