/**
 * Installs the native programs that tests compare with, where that can be done: as root on Debian.
 * Elsewhere the tests that need them say by name what is missing.
 *
 * What is large is installed only in CI, or when asked for by CINDERLIB_TEST_ALL=1: OpenStack Cinder, which brings
 * two hundred packages along, a kernel to cut the power of or to give volumes to, and the other runtimes, which come from npm.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const everything = process.env.CI !== undefined || process.env.CINDERLIB_TEST_ALL !== undefined;

/** @type {readonly { needed: boolean, package: string, there: readonly string[] }[]} */
const tools = [
  { needed: true, package: 'sqlite3', there: ['sqlite3', '-version'] },
  { needed: true, package: 'python3', there: ['/usr/bin/python3', '-c', 'import sqlite3'] },
  { needed: everything, package: 'python3-cinder', there: ['/usr/bin/python3', '-c', 'import cinder.objects'] },
  { needed: everything, package: 'user-mode-linux', there: ['linux.uml', '--version'] },
  { needed: everything, package: 'kmod', there: ['modprobe', '--version'] },
  { needed: everything, package: 'e2fsprogs', there: ['mkfs.ext4', '-V'] },
  { needed: everything, package: 'lvm2', there: ['/usr/sbin/lvm', 'version'] },
  { needed: everything, package: 'thin-provisioning-tools', there: ['/usr/sbin/thin_check', '-V'] },
  { needed: everything, package: 'tgt', there: ['/usr/sbin/tgtadm', '--version'] },
  { needed: everything, package: 'libiscsi-bin', there: ['sh', '-c', 'command -v iscsi-readcapacity16'] },
  { needed: everything, package: 'open-iscsi', there: ['/usr/sbin/iscsiadm', '--version'] },
];

/** Where test/support/runtimes.ts looks for them too. */
const runtimes = fileURLToPath(new URL('../.cache/runtimes', import.meta.url));
const wantedRuntimes = ['deno@2.9.6', 'bun@1.4.5'];

const works = ([program, ...parameters]) => spawnSync(program, parameters, { stdio: 'ignore' }).status === 0;

const missing = tools.filter(({ needed, there }) => needed && !works(there)).map((tool) => tool.package);
if (missing.length > 0 && process.getuid?.() === 0 && works(['apt-get', '--version'])) {
  console.log(`Installing what the tests compare with: ${missing.join(', ')}`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const apt = (...parameters) =>
    spawnSync('apt-get', ['-qq', ...parameters], { stdio: ['ignore', 'ignore', 'inherit'], env });
  apt('update');
  for (const name of missing) apt('install', '-y', '--no-install-recommends', name);
}

const hasRuntime = (wanted) => works([join(runtimes, 'node_modules/.bin', wanted.split('@')[0]), '--version']);
if (everything && !wantedRuntimes.every(hasRuntime)) {
  console.log(`Installing ${wantedRuntimes.join(' and ')} into ${runtimes}`);
  mkdirSync(runtimes, { recursive: true });
  const options = ['--prefix', runtimes, '--no-save', '--no-package-lock', '--no-audit', '--no-fund'];
  spawnSync('npm', ['install', ...options, ...wantedRuntimes], { stdio: ['ignore', 'ignore', 'inherit'] });
}
