/** Finds OpenStack Cinder as packaged by Debian: apt-get install python3-cinder. */
import { spawnSync } from 'node:child_process';

/** The interpreter that has Cinder installed. */
export const python = '/usr/bin/python3';

/** Why Cinder is not available, as a reason to skip; null if it is. */
export function missingCinder(): string | null {
  const { status } = spawnSync(python, ['-c', 'import cinder.objects'], { stdio: 'ignore' });
  return status === 0 ? null : 'missing: OpenStack Cinder; apt-get install python3-cinder';
}
