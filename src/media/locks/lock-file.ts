/**
 * The lock file beside a database on a file system: it admits one program at a time, and says which.
 *
 * Invariants:
 * - A lock file is never seen half written: it is written under another name, then linked into place.
 * - A stale lock is replaced by one program only, however many try: by the one that first creates the
 *   link `<lock>.<token of the dead>.takeover`. Should that one die too, its own token names the next
 *   link, and so on. Such a link is removed only after the lock has been replaced, and its creator
 *   reads the lock again before replacing it.
 * - Nobody removes the lock of a holder that may be alive.
 */
import { DatabaseLocked, DatabaseUnavailable } from '../../errors/index.ts';
import { lacksHardLinks } from '../../file-system-limits.ts';
import { builtin, onExit, pause } from '../../runtime.ts';
import type { FileSystem } from '../filesystem/disk-file.ts';
import { errnoOf, openFailure, storageFailure } from '../filesystem/failure.ts';
import { describeSelf, type Holder, makerOf, parseHolder, stateOf, whyUnknown } from './lock-holder.ts';

/** How many times to read a lock file that makes no sense: without hard links it is visible before it is written. */
const unreadableRetries = 5;
const retryDelay = 20;
/** Each retry means that another program got in first; ten in a row do not happen. */
const turns = 10;

/** Who wants the lock, of what. */
interface Claim {
  readonly fs: FileSystem;
  readonly self: Holder;
  readonly database: string;
  /** The lock file. */
  readonly path: string;
  /** The same file under another name, until it is in place. */
  readonly draft: string;
}

/** Takes the lock of a database; throws {@link DatabaseLocked} at once when another program holds it. */
export async function takeLock(database: string): Promise<LockFile> {
  const fs = builtin('node:fs');
  if (fs === undefined) {
    throw new DatabaseUnavailable(`Cannot lock ${database}: this runtime has no file system.`, database);
  }
  const claim = claimOf(fs, database);
  const { self, path, draft } = claim;
  try {
    write(fs, draft, self);
    for (let turn = 0; turn < turns; turn++) {
      if (turn > 0) await pause(retryDelay);
      if (place(claim, path)) {
        sweep(claim);
        return new LockFile(fs, path, self);
      }
      const holder = await read(claim);
      // Null: it was released between the two calls.
      if (holder !== null && takeOver(claim, holder)) return new LockFile(fs, path, self);
    }
    throw new DatabaseLocked(`${database} is in use: ${path} changed hands ${turns} times in a row. Try again.`);
  } catch (error) {
    throw openFailure('create', path, error);
  } finally {
    discard(fs, draft);
  }
}

/** The error for a database that a program, if it is still alive, has open for writing; null where there is none. */
export function writerOf(fs: FileSystem, database: string): DatabaseLocked | null {
  const claim = claimOf(fs, database);
  const holder = readNow(fs, claim.path);
  if (holder === null) return null;
  return holder === 'unreadable' ? unreadable(claim) : inUse(claim, holder);
}

function claimOf(fs: FileSystem, database: string): Claim {
  const self = describeSelf(fs);
  const path = `${database}.lock`;
  return { fs, self, database, path, draft: `${path}.${self.token}` };
}

/** The tokens of locks that this thread has released without removing their file: the folder was moved, or is read-only. */
const released = new Set<string>();

/** A lock that is held. */
export class LockFile {
  readonly path: string;
  readonly holder: Holder;
  readonly #fs: FileSystem;
  readonly #forget: () => void;

  constructor(fs: FileSystem, path: string, holder: Holder) {
    this.#fs = fs;
    this.path = path;
    this.holder = holder;
    // A worker is not told when its process exits: the main thread then removes the lock, see rpc/orphaned-lock.ts.
    this.#forget = onExit(() => this.release());
  }

  /** What another thread needs to remove it. */
  get file(): { readonly path: string; readonly token: string } {
    return { path: this.path, token: this.holder.token };
  }

  /** Removes the lock, if it is ours still. Idempotent. */
  release(): void {
    this.#forget();
    try {
      const text = this.#fs.readFileSync(this.path, 'utf8');
      if (parseHolder(text)?.token === this.holder.token) this.#fs.unlinkSync(this.path);
    } catch (error) {
      released.add(this.holder.token);
      if (errnoOf(error) !== 'ENOENT') throw storageFailure('remove', this.path, error);
    }
  }
}

/** Creates the file whole or not at all: an incomplete one would name nobody, and so keep everybody out for good. */
function write(fs: FileSystem, path: string, self: Holder): void {
  const descriptor = fs.openSync(path, 'wx', 0o644);
  try {
    try {
      const text = new TextEncoder().encode(`${JSON.stringify(self)}\n`);
      // A disk that fills up, or a limit on the size of files, lets only a part through.
      for (let done = 0; done < text.length; ) done += fs.writeSync(descriptor, text, done);
      // An empty lock file left by a power cut would not say who left it.
      fs.fsyncSync(descriptor);
    } finally {
      fs.closeSync(descriptor);
    }
  } catch (error) {
    discard(fs, path);
    throw error;
  }
}

/** Links the draft to `path`, or writes it anew where there are no links; false when that name is taken. */
function place({ fs, draft, self }: Claim, path: string): boolean {
  try {
    fs.linkSync(draft, path);
    return true;
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === 'EEXIST') return false;
    if (!lacksHardLinks(errno)) throw error;
  }
  try {
    write(fs, path, self);
    return true;
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') return false;
    throw error;
  }
}

/** Reads who holds a lock; null when it is gone. */
async function read(claim: Claim): Promise<Holder | null> {
  for (let retry = 0; retry < unreadableRetries; retry++) {
    if (retry > 0) await pause(retryDelay);
    const holder = readNow(claim.fs, claim.path);
    if (holder !== 'unreadable') return holder;
  }
  throw unreadable(claim);
}

function unreadable({ path, database }: Claim): DatabaseLocked {
  return new DatabaseLocked(
    `${database} may be in use: its lock file ${path} does not name its holder. ` +
      'If no program has the database open, remove that file.',
  );
}

function readNow(fs: FileSystem, path: string): Holder | null | 'unreadable' {
  try {
    // Reading a pipe would block until its other end opens, and some devices have no end.
    if (!fs.statSync(path).isFile()) return 'unreadable';
    return parseHolder(fs.readFileSync(path, 'utf8')) ?? 'unreadable';
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error;
    // A dangling symbolic link occupies the name all the same.
    return fs.lstatSync(path, { throwIfNoEntry: false }) === undefined ? null : 'unreadable';
  }
}

/** Replaces a stale lock: true when done, false to look again. Throws when the holder is not known to be dead. */
function takeOver(claim: Claim, dead: Holder): boolean {
  const { fs, path, draft } = claim;
  let predecessor = dead;
  let link: string;
  for (;;) {
    const refusal = inUse(claim, predecessor);
    if (refusal !== null) throw refusal;
    link = `${path}.${predecessor.token}.takeover`;
    if (place(claim, link)) break;
    const other = readNow(fs, link);
    if (other === null || other === 'unreadable') return false;
    predecessor = other;
  }
  try {
    const current = readNow(fs, path);
    if (current === null || current === 'unreadable' || current.token !== dead.token) return false;
    fs.renameSync(draft, path);
  } finally {
    discard(fs, link);
  }
  sweep(claim);
  return true;
}

/** The error for a lock whose holder may be alive; null where it is dead. */
function inUse({ fs, self, database, path }: Claim, holder: Holder): DatabaseLocked | null {
  const state = stateOf(holder, self, fs);
  if (state === 'dead' || released.has(holder.token)) return null;
  const { pid, host, program } = holder;
  const advice =
    state === 'unknown'
      ? `Whether that program still runs cannot be determined: ${whyUnknown(holder, self)}. If it does not, remove ${path}.`
      : `Close it ${pid === self.pid ? 'first' : 'there first'}.`;
  const who = pid === self.pid && state === 'alive' ? `this very process (${pid}` : `process ${pid} (${program}`;
  return new DatabaseLocked(`${database} is in use by ${who} on ${host}). ${advice}`, pid, host);
}

/** The age in milliseconds at which an empty draft from elsewhere counts as abandoned. */
const unwrittenFor = 10_000;

/** Removes what dead programs left beside the lock: drafts, and links of finished takeovers. */
function sweep({ fs, self, path }: Claim): void {
  const { dir, base } = split(path);
  for (const name of namesIn(fs, dir)) {
    if (!name.startsWith(`${base}.`) || name === `${base}.${self.token}`) continue;
    const left = `${dir}/${name}`;
    try {
      const holder = readNow(fs, left);
      if (holder === null) continue;
      const isDead = holder === 'unreadable' ? isAbandoned(fs, left, self) : stateOf(holder, self, fs) === 'dead';
      if (isDead) fs.unlinkSync(left);
    } catch {
      // It is only litter; the lock is ours all the same.
    }
  }
}

/** The names in a folder; none if it may be used but not listed. */
function namesIn(fs: FileSystem, folder: string): readonly string[] {
  try {
    return fs.readdirSync(folder);
  } catch {
    return [];
  }
}

/** Whether a draft's writer was killed before writing it. Its token says who that was; elsewhere only its age tells. */
function isAbandoned(fs: FileSystem, path: string, self: Holder): boolean {
  const token = /\.(?<token>[0-9a-f]{32,64})$/.exec(path)?.groups?.['token'];
  if (token === undefined) return false;
  const maker = makerOf(token, self);
  if (maker !== null) return stateOf(maker, self, fs) === 'dead';
  const { size, mtimeMs } = fs.statSync(path);
  return size === 0 && Date.now() - mtimeMs > unwrittenFor;
}

/** Removes a file of ours that is no longer needed; a failure does no harm. */
function discard(fs: FileSystem, path: string): void {
  try {
    fs.rmSync(path, { force: true });
  } catch {
    // It is only litter, or was never there.
  }
}

function split(path: string): { dir: string; base: string } {
  const at = Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\'));
  return { dir: path.slice(0, at) || '/', base: path.slice(at + 1) };
}
