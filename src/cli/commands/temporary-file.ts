/** The name of a file while it is being written; and the removal of what killed commands left under such names. */
import { describeSelf, type Holder, makerOf, stateOf } from '../../media/locks/lock-holder.ts';
import { builtin, isAllowed } from '../../runtime.ts';

type FileSystem = typeof import('node:fs');

/** A new name in the same folder, which like a lock's token tells who made it. Removes files of the dead for that path. */
export function temporaryFor(fs: FileSystem, path: string): string {
  const self = describeSelf(fs);
  sweep(fs, path, self);
  return `${path}.${self.token}.part`;
}

/** The rest of a name after that of the target: a token, and what lies beside an unfinished database. */
const rest = /^\.(?<token>[0-9a-f]{54})\.part(?:-journal|\.lock)?$/;

function sweep(fs: FileSystem, path: string, self: Holder): void {
  // Without them, a process of another machine or container might pass for one of here that has ended.
  if (self.boot === null || self.namespace === null) return;
  const { dirname, basename, join } = builtin('node:path') ?? {};
  if (dirname === undefined || basename === undefined || join === undefined) return;
  const [folder, base] = [dirname(path), basename(path)];
  try {
    if (!isAllowed({ name: 'read', path: folder })) return;
    for (const name of fs.readdirSync(folder)) {
      const token = name.startsWith(base) ? rest.exec(name.slice(base.length))?.groups?.['token'] : undefined;
      const maker = token === undefined ? null : makerOf(token, self);
      if (maker !== null && stateOf(maker, self, fs) === 'dead') fs.rmSync(join(folder, name), { force: true });
    }
  } catch {
    // It is only litter.
  }
}
