/**
 * A guest in User-Mode Linux: a kernel that runs as an ordinary process, with its own page cache and disk. Killing it
 * is a power cut: whatever was not synced to its disk is lost.
 *
 * On Debian: apt-get install user-mode-linux kmod e2fsprogs perl-base.
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const init = fileURLToPath(new URL('../crash/guest/init.sh', import.meta.url));
const withoutXstate = fileURLToPath(new URL('./without-xstate.pl', import.meta.url));
/**
 * The kernel saves no register beyond SSE when it switches between threads (see `without-xstate.pl`): threads that use
 * AVX would overwrite each other's. So what would use it is told not to: glibc, OpenSSL, and Node with its libraries.
 */
const withoutAvx = {
  GLIBC_TUNABLES: 'glibc.cpu.hwcaps=-AVX,-AVX2,-AVX512F,-AVX512VL,-AVX512BW,-AVX_Fast_Unaligned_Load',
  OPENSSL_ia32cap: '~0x1000000000000000:0',
  SIMDUTF_FORCE_IMPLEMENTATION: 'westmere',
  SIMDJSON_FORCE_IMPLEMENTATION: 'westmere',
};
const node = `#!/bin/sh\nexec '${process.execPath}' --no-enable-avx --no-enable-avx2 "$@"\n`;
/** A guest's memory in megabytes: enough for Node. */
const memory = 384;
const path = `${process.env['PATH']}:/usr/sbin:/sbin`;

type Programs = readonly (readonly [program: string, debianPackage: string])[];

/** The additional programs that a guest with logical volumes needs. */
export const forVolumes: Programs = [
  ['lvcreate', 'lvm2'],
  ['thin_check', 'thin-provisioning-tools'],
  ['tgtd', 'tgt'],
  ['iscsi-readcapacity16', 'libiscsi-bin'],
  ['iscsid', 'open-iscsi'],
];

/** What must be installed before a guest can start; null if everything is there. */
export function missingForGuests(more: Programs = []): string | null {
  const programs: Programs = [
    ['linux.uml', 'user-mode-linux'],
    ['modprobe', 'kmod'],
    ['mkfs.ext4', 'e2fsprogs'],
    ['perl', 'perl-base'],
    ...more,
  ];
  const has = (program: string): boolean =>
    spawnSync('sh', ['-c', `command -v ${program}`], { env: { ...process.env, PATH: path } }).status === 0;
  const missing = programs.filter(([program]) => !has(program)).map(([, debianPackage]) => debianPackage);
  return missing.length === 0 ? null : `missing: ${missing.join(', ')}; apt-get install ${missing.join(' ')}`;
}

/** Creates a sparse file that a guest sees as a blank disk. */
export function makeBlankDisk(file: string, gibibytes: number): void {
  writeFileSync(file, '');
  truncateSync(file, gibibytes * 1024 ** 3);
}

/** Creates a sparse file that a guest sees as a disk with an empty ext4 file system. */
export function makeDisk(file: string, megabytes = 64): void {
  writeFileSync(file, '');
  truncateSync(file, megabytes << 20);
  const { status, stderr } = spawnSync('mkfs.ext4', ['-q', '-F', file], { env: { ...process.env, PATH: path } });
  if (status !== 0) throw new Error(`mkfs.ext4: ${stderr}`);
}

export class Guest {
  /** The folder that the guest shares with the test. */
  readonly #shared = mkdtempSync(join(tmpdir(), 'guest-'));
  readonly #child;
  readonly #exited: Promise<unknown>;
  #running = true;

  /**
   * Boots a guest with the disk as /dev/ubdb, runs a shell script as root with these variables, and halts. The script
   * starts Node by `$NODE`.
   */
  constructor(script: URL, disk: string, variables: Readonly<Record<string, string>>) {
    writeFileSync(join(this.#shared, 'node'), node, { mode: 0o755 });
    const fixed = { ...withoutAvx, NODE: '/mnt/shared/node', SCRIPT: fileURLToPath(script) };
    const environment = Object.entries({ ...variables, ...fixed });
    const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
    writeFileSync(
      join(this.#shared, 'environment'),
      environment.map(([name, value]) => `export ${name}=${quoted(value)}\n`).join(''),
    );
    const kernel = [`mem=${memory}M`, 'quiet', 'rootfstype=hostfs', 'rootflags=/', 'ro', `ubd1=${disk}`];
    const console = ['con=null', 'con0=null,fd:1', `uml_dir=${this.#shared}/`];
    // Detached: a guest consists of several processes, which are killed as a process group.
    const guest = ['linux.uml', ...kernel, ...console, `DIR=${this.#shared}`, 'init=/bin/sh', '--', init];
    this.#child = spawn('perl', [withoutXstate, ...guest], { stdio: 'ignore', detached: true });
    this.#exited = once(this.#child, 'exit').then(() => (this.#running = false));
  }

  /** What the guest has written so far to a file in the shared folder; empty if there is none. */
  read(name: string): string {
    try {
      return readFileSync(join(this.#shared, name), 'utf8');
    } catch {
      return '';
    }
  }

  /** Waits until the content of a file in the shared folder is accepted; rejects if the guest halts first. */
  async wrote(name: string, wanted: (text: string) => boolean, seconds = 60): Promise<void> {
    const end = Date.now() + seconds * 1000;
    while (!wanted(this.read(name))) {
      if (!this.#running && !wanted(this.read(name))) throw new Error(`The guest has halted. ${this.read('log')}`);
      if (Date.now() > end) throw new Error(`The guest was too slow to write ${name}. ${this.read('log')}`);
      await sleep(10);
    }
  }

  /** Kills the guest, whatever it is doing. */
  async cutPower(): Promise<void> {
    if (this.#running && this.#child.pid !== undefined) process.kill(-this.#child.pid, 'SIGKILL');
    await this.#exited;
  }

  /** Removes the shared folder, and kills the guest if it is still running. */
  async remove(): Promise<void> {
    await this.cutPower();
    rmSync(this.#shared, { recursive: true, force: true });
  }
}
