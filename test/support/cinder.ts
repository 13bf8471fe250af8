/** OpenStack Cinder itself, as Debian brings it: apt-get install python3-cinder. */
import { spawnSync } from 'node:child_process';

/** The interpreter that has Cinder. */
export const python = '/usr/bin/python3';

/** Why there is no Cinder to compare with, a reason to skip; null when it is there. */
export function missingCinder(): string | null {
  const { status } = spawnSync(python, ['-c', 'import cinder.objects'], { stdio: 'ignore' });
  return status === 0 ? null : 'missing: OpenStack Cinder; apt-get install python3-cinder';
}
