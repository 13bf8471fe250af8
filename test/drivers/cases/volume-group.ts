/** The volume group of a guest, seen and changed without the library: what its answers are compared with. */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

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

/** Everything that a volume could leave behind: devices of the kernel, targets and their accounts. */
export function leftovers(): string[] {
  const tgt = (mode: string): string => command('tgtadm', '--lld', 'iscsi', '--mode', mode, '--op', 'show');
  const targets = tgt('target').match(/^Target .*/gm) ?? [];
  const accounts = tgt('account').match(/^ {4}\S+/gm) ?? [];
  return [...devices(), ...targets, ...accounts].sort();
}

/** The devices of the device mapper but those of the pool, as the kernel names them. */
function devices(): string[] {
  const names = readdirSync('/sys/block')
    .filter((name) => name.startsWith('dm-'))
    .map((name) => readFileSync(`/sys/block/${name}/dm/name`, 'utf8').trim());
  return names.filter((name) => !name.includes('--pool'));
}

/** Removes every volume but the pool, whatever state a failed test left it in. */
export function removeVolumes(): void {
  if (leftovers().length === 0) return;
  const targets = command('tgtadm', '--lld', 'iscsi', '--mode', 'target', '--op', 'show');
  for (const [, number = ''] of targets.matchAll(/^Target (\d+)/gm)) {
    command('tgtadm', '--lld', 'iscsi', '--mode', 'target', '--op', 'delete', '--force', '--tid', number);
  }
  const names = [...logicalVolumes().keys()].map((name) => `${group}/${name}`);
  if (names.length > 0) spawnSync('lvremove', ['-f', ...names]);
}

export function devicePath(name: string): string {
  return `/dev/${group}/${name}`;
}

/** The first bytes of a device, past the page cache: what is on the disk. */
export function onDisk(path: string): Buffer {
  const { stdout } = spawnSync('dd', [`if=${path}`, 'bs=4096', 'count=1', 'iflag=direct', 'status=none']);
  if (stdout.length !== 4096) throw new Error(`${path} cannot be read.`);
  return stdout;
}

/** Writes the text again and again over the first bytes of a device. */
export function fill(path: string, text: string): void {
  const input = Buffer.alloc(4096, text);
  const { status, stderr } = spawnSync('dd', [`of=${path}`, 'bs=4096', 'count=1', 'iflag=fullblock', 'oflag=direct'], {
    input,
  });
  if (status !== 0) throw new Error(String(stderr));
}
