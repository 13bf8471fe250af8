/**
 * Detects the capabilities of the platform: the only place that does. Other code may check for methods of the objects
 * returned here.
 *
 * Everything is chosen by capability, not by the runtime's name: Deno and Bun have a `process`, Node has no `Worker`.
 * Node's built-in modules are accessed through `process.getBuiltinModule`, which avoids imports that would fail in
 * browsers or bundlers.
 */

type Builtins = {
  'node:child_process': typeof import('node:child_process');
  'node:fs': typeof import('node:fs');
  'node:net': typeof import('node:net');
  'node:os': typeof import('node:os');
  'node:path': typeof import('node:path');
  'node:process': typeof import('node:process');
  'node:readline': typeof import('node:readline');
  'node:sqlite': NativeSqlite;
  'node:tls': typeof import('node:tls');
  'node:worker_threads': typeof import('node:worker_threads');
  'node:zlib': typeof import('node:zlib');
};

/** The part of `node:sqlite` that is used here; Node 20 and its types lack the module. */
interface NativeSqlite {
  readonly DatabaseSync: new (path: string) => NativeConnection;
}
export interface NativeConnection {
  exec(sql: string): void;
  close(): void;
}

const exitCallbacks = Symbol.for('cinderlib-wasm.exit');

interface ProcessLike {
  readonly pid: number;
  readonly versions: Readonly<Record<string, string | undefined>>;
  readonly env: Readonly<Record<string, string | undefined>>;
  emitWarning?: unknown;
  noDeprecation?: boolean;
  [exitCallbacks]?: Set<() => void>;
  getBuiltinModule?<N extends keyof Builtins>(name: N): Builtins[N] | undefined;
  kill(pid: number, signal: 0 | 'SIGKILL'): boolean;
  on(event: 'exit', listener: () => void): unknown;
}

/** The `process` of Node, Deno or Bun; undefined in browsers. */
export function hostProcess(): ProcessLike | undefined {
  const { process } = globalThis as { process?: ProcessLike };
  return process?.versions?.['node'] === undefined ? undefined : process;
}

/** One of Node's built-in modules; undefined if the runtime lacks it. */
export function builtin<N extends keyof Builtins>(name: N): Builtins[N] | undefined {
  return hostProcess()?.getBuiltinModule?.(name);
}

/** Permissions that Deno requires. */
type Permission =
  | { readonly name: 'read'; readonly path: string }
  | { readonly name: 'run'; readonly command?: string }
  | { readonly name: 'env'; readonly variable?: string }
  | { readonly name: 'sys'; readonly kind: 'hostname' | 'networkInterfaces' | 'osRelease' | 'statfs' | 'uid' };

interface DenoLike {
  readonly permissions: { querySync(permission: Permission): { readonly state: string } };
}

/**
 * Whether an optional action is permitted. Without a flag, Deno would prompt the user in the middle of the program,
 * which a nicety does not justify.
 */
export function isAllowed(permission: Permission): boolean {
  const { Deno } = globalThis as { Deno?: DenoLike };
  return Deno === undefined || Deno.permissions.querySync(permission).state === 'granted';
}

/** Whether Linux's `/proc` may be read. */
export function mayReadProc(): boolean {
  return isAllowed({ name: 'read', path: '/proc' });
}

/** Whether SIGHUP has been ignored from the start, as nohup arranges; null if that cannot be determined. */
export function isHangUpIgnored(): boolean | null {
  if (!mayReadProc()) return null;
  try {
    const status = builtin('node:fs')?.readFileSync('/proc/self/status', 'latin1') ?? '';
    const lowest = /^SigIgn:\s*[0-9a-f]*([0-9a-f])$/m.exec(status)?.[1];
    return lowest === undefined ? null : Number.parseInt(lowest, 16) % 2 === 1;
  } catch {
    // Only Linux has the file.
    return null;
  }
}

/**
 * Opens a file with the runtime's own SQLite, if it has one.
 *
 * On first use, Node 22 warns that the API may change. The warning is suppressed: the two calls used here will not
 * change, and users of this library did not choose to make them.
 */
export function connectNatively(path: string): NativeConnection | undefined {
  const host = hostProcess();
  if (host === undefined) return undefined;
  const { emitWarning } = host;
  host.emitWarning = () => {};
  try {
    const sqlite = builtin('node:sqlite');
    return sqlite === undefined ? undefined : new sqlite.DatabaseSync(path);
  } finally {
    host.emitWarning = emitWarning;
  }
}

/**
 * Calls back when the thread ends in an orderly way: by itself, by `process.exit()`, or by an uncaught error. Not in a
 * worker that ends with its process, and not after a signal. Returns a function that unregisters the callback.
 */
export function onExit(callback: () => void): () => void {
  const host = hostProcess();
  if (host === undefined) return () => {};
  let callbacks = host[exitCallbacks];
  if (callbacks === undefined) {
    const created = new Set<() => void>();
    callbacks = created;
    host[exitCallbacks] = created;
    // One listener for all callbacks: Node takes many listeners for a leak.
    host.on('exit', () => {
      for (const each of created) each();
    });
  }
  callbacks.add(callback);
  return () => void host[exitCallbacks]?.delete(callback);
}

/** The runtime and its version, such as `node 20.20.2` or `browser`. */
export function runtimeName(): string {
  const versions = hostProcess()?.versions;
  for (const runtime of ['bun', 'deno', 'node']) {
    const version = versions?.[runtime];
    if (version !== undefined) return `${runtime} ${version}`;
  }
  return 'browser';
}

/** The environment variables that child processes inherit; empty if there are none or Deno denies access. */
export function environment(): Readonly<Record<string, string | undefined>> {
  try {
    return { ...hostProcess()?.env };
  } catch {
    return {};
  }
}

/**
 * Makes environment variables to which Deno denies access appear unset. Reading one would throw or prompt the user, and
 * terminal packages read some as soon as they are loaded. For programs only, since it affects the whole process.
 */
export function hideForbiddenVariables(): void {
  const host = hostProcess();
  if (host === undefined || isAllowed({ name: 'env' })) return;
  const { env } = host;
  const shown = (name: string | symbol): name is string =>
    typeof name === 'string' && isAllowed({ name: 'env', variable: name });
  const value = new Proxy<Record<string, string | undefined>>(
    {},
    {
      get: (_, name) => (shown(name) ? env[name] : undefined),
      has: (_, name) => shown(name) && env[name] !== undefined,
    },
  );
  Object.defineProperty(host, 'env', { value, configurable: true, enumerable: true, writable: true });
}

/**
 * Keeps Node from warning of what packages use and should not: that is for their developers. For programs only, since it
 * affects the whole process.
 */
export function hideDeprecations(): void {
  const host = hostProcess();
  if (host !== undefined) host.noDeprecation = true;
}

/** The machine's host name, the first part of a volume's `host`; `localhost` if it is unknown. */
export function hostName(): string {
  // Deno requires `--allow-sys` for this, which no program otherwise needs to open a file.
  if (!isAllowed({ name: 'sys', kind: 'hostname' })) return 'localhost';
  return builtin('node:os')?.hostname() || 'localhost';
}

/** The part of `navigator` that is used here. Some browsers lack parts of it, and Node 20 all of it. */
interface NavigatorLike {
  readonly locks?: LockManager;
  readonly storage?: Partial<StorageManager>;
  readonly userAgent?: string;
}

function navigatorLike(): NavigatorLike {
  return (globalThis as { navigator?: NavigatorLike }).navigator ?? {};
}

/** Whether Deno refused a file, a program or a connection because it was started without permission for it. */
export function lacksPermission(error: unknown): error is Error {
  return error instanceof Error && error.name === 'NotCapable';
}

/** A random UUID of version 4. Pages of an insecure origin lack `crypto.randomUUID`. */
export function randomUuid(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(36));
  return 'xxxxxxxx-xxxx-4xxx-yxxx-xxxxxxxxxxxx'.replace(/[xy]/g, (digit, index: number) => {
    const byte = bytes[index] ?? 0;
    return (digit === 'x' ? byte & 15 : (byte & 3) | 8).toString(16);
  });
}

/** Web Locks; undefined on pages of an insecure origin. */
export function webLocks(): LockManager | undefined {
  return navigatorLike().locks;
}

/** Returns a function that opens the root of the origin private file system; undefined if there is none. */
export function privateFiles(): (() => Promise<FileSystemDirectoryHandle>) | undefined {
  const { storage } = navigatorLike();
  return storage?.getDirectory === undefined ? undefined : () => storage.getDirectory?.() ?? Promise.reject();
}

/** The parts of synchronous access handles that are used: TypeScript declares them for programs of workers only. */
export interface AccessHandle {
  read(target: Uint8Array, options: { readonly at: number }): number;
  write(source: Uint8Array, options: { readonly at: number }): number;
  truncate(size: number): void;
  getSize(): number;
  flush(): void;
  close(): void;
}

/** A file in the origin private file system of a browser that has such handles, and can move files too. */
export interface AccessibleFile extends FileSystemFileHandle {
  createSyncAccessHandle?(): Promise<AccessHandle>;
  move(name: string): Promise<void>;
}

/** Whether files in the origin private file system can be changed in place, which only workers can do. */
export function hasAccessHandles(): boolean {
  return 'createSyncAccessHandle' in FileSystemFileHandle.prototype;
}

/**
 * Whether the browser keeps what sites have stored in LevelDB, and goes on with a log that a kill has torn: Chromium does. Its
 * IndexedDB is the only one that tells of data that it has lost.
 */
export function losesTornLogs(): boolean {
  return typeof IDBVersionChangeEvent === 'function' && 'dataLoss' in IDBVersionChangeEvent.prototype;
}

/** The quota and usage of this origin, as far as the browser tells. */
export async function storageEstimate(): Promise<StorageEstimate> {
  return (await navigatorLike().storage?.estimate?.()) ?? {};
}

/** Whether Web Workers can be started. */
export function hasWorkers(): boolean {
  return typeof Worker === 'function';
}

/** Whether a shared worker can serve all tabs. Only pages can start one. */
export function hasSharedWorkers(): boolean {
  return typeof SharedWorker === 'function';
}

/** A Trusted Types policy for script URLs, which some pages enforce. TypeScript lacks the type. */
export interface ScriptPolicy {
  createScriptURL(address: string): unknown;
}
interface ScriptPolicies {
  createPolicy(name: string, rules: { createScriptURL(address: string): string }): ScriptPolicy;
}

/** The platform's Trusted Types; undefined if it has none. */
export function scriptPolicies(): ScriptPolicies | undefined {
  return (globalThis as { trustedTypes?: ScriptPolicies }).trustedTypes;
}

/** The target of content security policy violation events; undefined in workers and outside browsers. */
export function pageDocument(): Document | undefined {
  return globalThis.document;
}

/** The target of page lifecycle events (entering or leaving the back/forward cache); undefined if there is none. */
export function pageEvents(): Pick<EventTarget, 'addEventListener'> | undefined {
  return typeof globalThis.addEventListener === 'function' ? globalThis : undefined;
}

/** The default medium of SQLite databases. */
export function defaultMedium(): 'filesystem' | 'indexeddb' {
  return hostProcess() === undefined ? 'indexeddb' : 'filesystem';
}

/**
 * Whether IndexedDB reads large records completely while skipping them in search of others. Only the browser's name
 * tells; a wrong answer costs nothing but time.
 */
export function readsRecordsInPassing(): boolean {
  return navigatorLike().userAgent?.includes('Firefox/') ?? false;
}

let hasAsked = false;

/**
 * Requests persistent storage for this origin, unless it has it, and once per page: some browsers prompt the user at each
 * request. Since they may never answer, this does not wait; {@link isPersisted} tells the outcome. Workers cannot request it.
 */
export async function askToPersist(): Promise<void> {
  if (hasAsked) return;
  hasAsked = true;
  if (await isPersisted()) return;
  await navigatorLike()
    .storage?.persist?.()
    .catch(() => {});
}

/** Whether the browser has granted persistent storage to this origin. */
export async function isPersisted(): Promise<boolean> {
  try {
    return (await navigatorLike().storage?.persisted?.()) ?? false;
  } catch {
    return false;
  }
}

/** The longest delay of a timer, 24 days in milliseconds. On all platforms, a longer delay fires immediately. */
const longestWait = 2 ** 31 - 1;

/** Limits a delay to the longest that timers, and servers with the same limit, accept. */
export function waitable(milliseconds: number): number {
  return Math.min(milliseconds, longestWait);
}

/** Resolves after that many milliseconds. */
export function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, waitable(milliseconds)));
}

/**
 * Keeps the process alive until the returned function is called. When its event loop is empty, Node leaves the loop,
 * and resumes only after V8 has finished its pending compilations, which for a starting SQLite takes 60 ms.
 */
export function keepAlive(): () => void {
  const timer = setInterval(() => {}, longestWait);
  return () => clearInterval(timer);
}

// One channel for all turns: in browsers, creating a channel costs more than sending a message through it.
let turns: MessageChannel | undefined;
const waiting: (() => void)[] = [];

/** Resolves after all messages that have arrived so far have been delivered. */
export function nextTurn(): Promise<void> {
  const { setImmediate } = globalThis as { setImmediate?: (callback: () => void) => unknown };
  return new Promise((resolve) => {
    if (setImmediate !== undefined) return void setImmediate(resolve);
    waiting.push(resolve);
    turns ??= turnChannel();
    turns.port2.postMessage(null);
  });
}

function turnChannel(): MessageChannel {
  const channel = new MessageChannel();
  channel.port1.onmessage = () => waiting.shift()?.();
  return channel;
}
