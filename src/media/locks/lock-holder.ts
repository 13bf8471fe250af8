/**
 * Identifies the holder of a lock file, and tells whether it is still alive.
 *
 * A process id alone is not enough: ids are reused, above all after a reboot, and a worker may end while
 * its process lives on. So the holder is a thread, identified by its start time, which is relative to a
 * boot. Only Linux reveals all that; elsewhere the process id has to do.
 */
import { checksum } from '../../checksum.ts';
import { hostName, hostProcess, isAllowed, mayReadProc, runtimeName } from '../../runtime.ts';
import type { FileSystem } from '../filesystem/disk-file.ts';
import { errnoOf } from '../filesystem/failure.ts';

export interface Holder {
  /**
   * Tells this lock from every other one, even of the same holder. Hexadecimal; it also says who made it, since a
   * draft whose text is not yet written has nothing but its name.
   */
  readonly token: string;
  readonly pid: number;
  readonly host: string;
  readonly program: string;
  /** When the thread started, in clock ticks since boot. */
  readonly started: number | null;
  readonly thread: number | null;
  readonly boot: string | null;
  /** The machine's id: a host name is not enough, as many are called `localhost`. */
  readonly machine: string | null;
  /**
   * The PID and time namespaces: process ids, and the times when they started, are valid only within one. Each container
   * has its own.
   */
  readonly namespace: string | null;
}

/** `unknown`: if it still runs, it does so where it cannot be seen from here. */
type HolderState = 'alive' | 'dead' | 'unknown';

/** Describes the calling thread, with a new token at each call. */
export function describeSelf(fs: FileSystem): Holder {
  const pid = hostProcess()?.pid ?? 0;
  const link = about(() => fs.readlinkSync('/proc/thread-self'));
  const thread = link === null ? null : Number(link.split('/').at(-1));
  const status = thread === null ? null : readStatus(fs, pid, thread);
  const holder = {
    pid,
    host: hostName(),
    program: runtimeName(),
    started: status?.started ?? null,
    thread: status === null ? null : thread,
    boot: about(() => fs.readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()),
    machine: attempt(() => machineName(fs)),
    namespace: about(() => fs.readlinkSync('/proc/self/ns/pid') + timeNamespace(fs)),
  };
  return { token: newToken(holder), ...holder };
}

/** Empty before Linux 5.6, which has none. */
function timeNamespace(fs: FileSystem): string {
  return attempt(() => ` ${fs.readlinkSync('/proc/self/ns/time')}`) ?? '';
}

type Place = Pick<Holder, 'host' | 'boot' | 'machine' | 'namespace'>;
type Maker = Place & Pick<Holder, 'pid' | 'thread' | 'started'>;

/** The parts of a token, in hexadecimal digits. A start time of zero is unknown. */
const tokenParts = /^(?<place>.{8})(?<pid>.{8})(?<thread>.{8})(?<started>.{14})(?<random>.{16})$/;

function newToken(maker: Maker): string {
  const random = Array.from(crypto.getRandomValues(new Uint8Array(8)), (byte) => digits(byte, 2)).join('');
  const started = digits(maker.thread === null ? 0 : (maker.started ?? 0), 14);
  return placeOf(maker) + digits(maker.pid, 8) + digits(maker.thread ?? 0, 8) + started + random;
}

/** Who made a token, as far as `self` can tell; null where it was made elsewhere. */
export function makerOf(token: string, self: Holder): Holder | null {
  const parts = tokenParts.exec(token)?.groups;
  if (parts === undefined || parts['place'] !== placeOf(self)) return null;
  const number = (name: string): number => Number.parseInt(parts[name] ?? '', 16);
  const started = number('started') || null;
  return { ...self, token, pid: number('pid'), thread: started === null ? null : number('thread'), started };
}

/** Identifies where process ids and start times have the same meaning as here. */
function placeOf({ host, boot, machine, namespace }: Place): string {
  return checksum(JSON.stringify([host, boot, machine, namespace]));
}

function digits(value: number, width: number): string {
  return value.toString(16).padStart(width, '0');
}

/** Parses a lock file's text; null when it is not one. Fields that another program left out count as unknown. */
export function parseHolder(text: string): Holder | null {
  const fields = attempt((): unknown => JSON.parse(text));
  if (typeof fields !== 'object' || fields === null) return null;
  const { token, pid, host, program, started, thread, boot, machine, namespace } = fields as Record<string, unknown>;
  if (!Number.isSafeInteger(pid) || Number(pid) <= 0 || typeof host !== 'string') return null;
  return {
    token: typeof token === 'string' && /^[0-9a-f]{8,64}$/.test(token) ? token : checksum(text),
    pid: Number(pid),
    host,
    program: typeof program === 'string' ? program : 'unknown program',
    started: typeof started === 'number' ? started : null,
    thread: Number.isSafeInteger(thread) ? Number(thread) : null,
    boot: typeof boot === 'string' ? boot : null,
    machine: typeof machine === 'string' ? machine : null,
    namespace: typeof namespace === 'string' ? namespace : null,
  };
}

/** Whether `holder` is alive, as far as `self` can tell. */
export function stateOf(holder: Holder, self: Holder, fs: FileSystem): HolderState {
  if (holder.host !== self.host) return 'unknown';
  // Another boot id means a reboot since then, or another machine of the same name on a shared folder.
  if (differ(holder.boot, self.boot))
    return holder.machine !== null && holder.machine === self.machine ? 'dead' : 'unknown';
  if (differ(holder.namespace, self.namespace)) return 'unknown';
  // To Deno, sending a signal needs the permission to run programs.
  const maySignal = isAllowed({ name: 'run' });
  const unlessSeen = maySignal || holder.pid === self.pid ? 'alive' : 'unknown';
  if (unlessSeen === 'unknown' && !mayReadProc()) return 'unknown';
  try {
    if (maySignal) hostProcess()?.kill(holder.pid, 0);
  } catch (error) {
    // EPERM: it is alive and belongs to another user.
    if (errnoOf(error) === 'ESRCH') return 'dead';
  }
  if (holder.thread === null || holder.started === null) return unlessSeen;
  const status = readStatus(fs, holder.pid, holder.thread);
  if (status !== null) return status.ended || status.started !== holder.started ? 'dead' : 'alive';
  // The thread is gone, or the system hides the processes of other users.
  return about(() => fs.existsSync(`/proc/${holder.pid}/task`)) ? 'dead' : unlessSeen;
}

/** Why {@link stateOf} cannot tell, as the end of a sentence. */
export function whyUnknown(holder: Holder, self: Holder): string {
  if (holder.host !== self.host) return `it is on another machine or container than ${self.host}`;
  if (differ(holder.boot, self.boot)) {
    return 'it predates a restart, or is on another machine of that name, and there is no /etc/machine-id to tell';
  }
  if (differ(holder.namespace, self.namespace)) return 'it is in another container';
  return 'Deno may not look at other programs without --allow-read=/proc --allow-run';
}

/** Reads /proc/<pid>/task/<thread>/stat, whose second field may hold spaces and parentheses. */
function readStatus(fs: FileSystem, pid: number, thread: number): { started: number; ended: boolean } | null {
  const text = about(() => fs.readFileSync(`/proc/${pid}/task/${thread}/stat`, 'latin1'));
  if (text === null) return null;
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const [state] = fields; // field 3 of proc(5); field 22, the start time, is 19 further on
  return { started: Number(fields[19]), ended: state === 'Z' || state === 'X' };
}

/** The id of machine-id(5), hashed as its manual page demands; null in a container that has none. */
function machineName(fs: FileSystem): string | null {
  const path = '/etc/machine-id';
  if (!isAllowed({ name: 'read', path })) return null;
  const id = fs.readFileSync(path, 'latin1').trim();
  return id === '' ? null : checksum(id);
}

function differ(one: string | null, other: string | null): boolean {
  return one !== null && other !== null && one !== other;
}

/** What Linux reveals about processes; null where it does not, or this program may not read it. */
function about<T>(read: () => T): T | null {
  return mayReadProc() ? attempt(read) : null;
}

function attempt<T>(read: () => T): T | null {
  try {
    return read();
  } catch {
    return null;
  }
}
