/**
 * Installs what tests compare with or run in, where possible: Debian packages as root on Debian, npm packages below
 * `.cache/`. Elsewhere the tests that need them name what is missing. With CINDERLIB_TEST_INSTALL=0 nothing is installed.
 *
 * The largest are OpenStack Cinder, which brings two hundred packages along; a kernel for guests, whose power is cut or
 * which are given volumes; browsers; and the other runtimes.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

if (process.env.CINDERLIB_TEST_INSTALL === '0') process.exit();

/** Only checks that a program is on the path, without running it. */
const onPath = (program) => ['sh', '-c', `command -v ${program}`];

/**
 * Debian's packages, each with a command that succeeds if it is there.
 *
 * @type {readonly { package: string, there: readonly string[] }[]}
 */
const tools = [
  { package: 'sqlite3', there: ['sqlite3', '-version'] },
  { package: 'python3', there: ['/usr/bin/python3', '-c', 'import sqlite3'] },
  { package: 'mariadb-server', there: ['/usr/sbin/mariadbd', '--version'] },
  { package: 'postgresql', there: ['sh', '-c', 'ls /usr/lib/postgresql/*/bin/postgres'] },
  { package: 'openssl', there: ['openssl', 'version'] },
  { package: 'python3-cinder', there: ['/usr/bin/python3', '-c', 'import cinder.objects'] },
  { package: 'user-mode-linux', there: ['linux.uml', '--version'] },
  { package: 'kmod', there: ['modprobe', '--version'] },
  { package: 'e2fsprogs', there: ['mkfs.ext4', '-V'] },
  { package: 'btrfs-progs', there: ['/usr/sbin/mkfs.btrfs', '--version'] },
  { package: 'xfsprogs', there: ['/usr/sbin/mkfs.xfs', '-V'] },
  { package: 'lvm2', there: ['/usr/sbin/lvm', 'version'] },
  { package: 'thin-provisioning-tools', there: ['/usr/sbin/thin_check', '-V'] },
  { package: 'tgt', there: ['/usr/sbin/tgtadm', '--version'] },
  { package: 'libiscsi-bin', there: ['sh', '-c', 'command -v iscsi-readcapacity16'] },
  { package: 'open-iscsi', there: ['/usr/sbin/iscsiadm', '--version'] },
  { package: 'chromium', there: ['chromium', '--version'] },
  { package: 'firefox-esr', there: ['firefox-esr', '--version'] },
  { package: 'webkit2gtk-driver', there: onPath('WebKitWebDriver') },
  { package: 'xvfb', there: onPath('Xvfb') },
];

/** npm packages by their folder below `.cache/`, where test/support looks for them. */
const packages = {
  runtimes: ['deno@2.9.6', 'bun@1.4.5', `node-${process.platform}-${process.arch}@26.12.1`],
  browsers: ['puppeteer-core@24.43.1'],
  bundlers: ['@rollup/plugin-node-resolve@16.0.3', 'rollup@4.68.8', 'vite@8.3.8', 'webpack@5.112.2'],
};

const works = ([program, ...parameters]) => spawnSync(program, parameters, { stdio: 'ignore' }).status === 0;

const missing = tools.filter(({ there }) => !works(there)).map((tool) => tool.package);
if (missing.length > 0 && process.getuid?.() === 0 && works(['apt-get', '--version'])) {
  console.log(`Installing programs that the tests need: ${missing.join(', ')}`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const apt = (...parameters) =>
    spawnSync('apt-get', ['-qq', ...parameters], { stdio: ['ignore', 'ignore', 'inherit'], env });
  apt('update');
  for (const name of missing) apt('install', '-y', '--no-install-recommends', name);
}

for (const [name, wanted] of Object.entries(packages)) {
  const folder = fileURLToPath(new URL(`../.cache/${name}`, import.meta.url));
  if (wanted.every((one) => isInstalled(folder, one))) continue;
  console.log(`Installing ${wanted.join(' and ')} into ${folder}`);
  mkdirSync(folder, { recursive: true });
  const options = ['--prefix', folder, '--no-save', '--no-package-lock', '--no-audit', '--no-fund'];
  spawnSync('npm', ['install', ...options, ...wanted], { stdio: ['ignore', 'ignore', 'inherit'] });
}

/** Whether the folder has the package, in the version given after its name. */
function isInstalled(folder, wanted) {
  const at = wanted.lastIndexOf('@');
  const manifest = join(folder, 'node_modules', wanted.slice(0, at), 'package.json');
  return existsSync(manifest) && JSON.parse(readFileSync(manifest, 'utf8')).version === wanted.slice(at + 1);
}
