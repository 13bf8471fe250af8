/**
 * What the platform underneath can do: the one place that looks for what it has. What is found may be asked for its
 * methods wherever it is used.
 *
 * Everything is chosen by capability, not by the runtime's name: Deno and Bun have a `process`, Node has
 * no `Worker`. Node's built-in modules are reached through `process.getBuiltinModule`, which needs no
 * import that a browser or a bundler would stumble over.
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

/** What is used of `node:sqlite`, which Node 20 and its types do not have. */
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
  [exitCallbacks]?: Set<() => void>;
  getBuiltinModule?<N extends keyof Builtins>(name: N): Builtins[N] | undefined;
  kill(pid: number, signal: 0): boolean;
  on(event: 'exit', listener: () => void): unknown;
}

/** The `process` of Node, Deno or Bun; undefined in browsers. */
export function hostProcess(): ProcessLike | undefined {
  const { process } = globalThis as { process?: ProcessLike };
  return process?.versions?.['node'] === undefined ? undefined : process;
}

/** One of Node's modules, where the runtime has them. */
export function builtin<N extends keyof Builtins>(name: N): Builtins[N] | undefined {
  return hostProcess()?.getBuiltinModule?.(name);
}

/** What Deno lets a program do only when it is told to. */
type Permission =
  | { readonly name: 'read'; readonly path: string }
  | { readonly name: 'run'; readonly command?: string }
  | { readonly name: 'env'; readonly variable?: string }
  | { readonly name: 'sys'; readonly kind: 'hostname' | 'networkInterfaces' | 'osRelease' | 'statfs' | 'uid' };

interface DenoLike {
  readonly permissions: { querySync(permission: Permission): { readonly state: string } };
}

/**
 * Whether something may be done that can be done without. Deno would ask the user in the middle of a
 * program for what no flag allows; nobody should have to answer for a nicety.
 */
export function isAllowed(permission: Permission): boolean {
  const { Deno } = globalThis as { Deno?: DenoLike };
  return Deno === undefined || Deno.permissions.querySync(permission).state === 'granted';
}

/** Linux's files about processes may be read. */
export function mayReadProc(): boolean {
  return isAllowed({ name: 'read', path: '/proc' });
}

/**
 * Opens a file with the runtime's own SQLite, where it has one.
 *
 * Node 22 warns at the first use that its interface may change. The two calls that are made here will
 * not, and whoever uses this library did not ask for them.
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
 * Calls back when the thread ends in order: by itself, by `process.exit()`, by an uncaught error. Not in
 * a worker that ends with its process, and not after a signal. Returns a function that takes it back.
 */
export function onExit(callback: () => void): () => void {
  const host = hostProcess();
  if (host === undefined) return () => {};
  let callbacks = host[exitCallbacks];
  if (callbacks === undefined) {
    const created = new Set<() => void>();
    callbacks = created;
    host[exitCallbacks] = created;
    // One listener for all: Node takes many of them for a leak.
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

/** The variables that programs started here inherit; none where there are none, or Deno does not show them. */
export function environment(): Readonly<Record<string, string | undefined>> {
  try {
    return { ...hostProcess()?.env };
  } catch {
    return {};
  }
}

/**
 * Makes variables that Deno does not show look as if they were not set. Reading one throws there, or asks the user,
 * and packages for terminals read some as soon as they are loaded. For programs: the whole process sees it.
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

/** The machine's name, the left part of a volume's `host`; `localhost` where there is none to know. */
export function hostName(): string {
  // Deno tells it only to programs that may ask (`--allow-sys`); none needs it to open a file.
  if (!isAllowed({ name: 'sys', kind: 'hostname' })) return 'localhost';
  return builtin('node:os')?.hostname() || 'localhost';
}

/** What of `navigator` is asked for; parts of it are missing in some browsers, and all of it in Node 20. */
interface NavigatorLike {
  readonly locks?: LockManager;
  readonly storage?: Partial<StorageManager>;
  readonly userAgent?: string;
}

function navigatorLike(): NavigatorLike {
  return (globalThis as { navigator?: NavigatorLike }).navigator ?? {};
}

/** The browser's locks; undefined on a page that came over an insecure connection. */
export function webLocks(): LockManager | undefined {
  return navigatorLike().locks;
}

/** Gives the root of this site's private files; undefined where there are none. */
export function privateFiles(): (() => Promise<FileSystemDirectoryHandle>) | undefined {
  const { storage } = navigatorLike();
  return storage?.getDirectory === undefined ? undefined : () => storage.getDirectory?.() ?? Promise.reject();
}

/** How much this site may store, and how much it does, as far as the browser tells. */
export async function storageEstimate(): Promise<StorageEstimate> {
  return (await navigatorLike().storage?.estimate?.()) ?? {};
}

/** Whether Web Workers can be started. */
export function hasWorkers(): boolean {
  return typeof Worker === 'function';
}

/** Whether one worker can serve all tabs. Only pages can start it. */
export function hasSharedWorkers(): boolean {
  return typeof SharedWorker === 'function';
}

/** What calls addresses of scripts trusted, as some pages want them to be. TypeScript does not know it yet. */
export interface ScriptPolicy {
  createScriptURL(address: string): unknown;
}
interface ScriptPolicies {
  createPolicy(name: string, rules: { createScriptURL(address: string): string }): ScriptPolicy;
}

/** The platform's Trusted Types; undefined where it has none. */
export function scriptPolicies(): ScriptPolicies | undefined {
  return (globalThis as { trustedTypes?: ScriptPolicies }).trustedTypes;
}

/** Where a page hears what its policy forbade; undefined in workers and outside of browsers. */
export function pageDocument(): Document | undefined {
  return globalThis.document;
}

/** Where a page hears that it is put away, and comes back; undefined where nothing is heard. */
export function pageEvents(): Pick<EventTarget, 'addEventListener'> | undefined {
  return typeof globalThis.addEventListener === 'function' ? globalThis : undefined;
}

/** Where SQLite's databases are kept unless the user says. */
export function defaultMedium(): 'filesystem' | 'indexeddb' {
  return hostProcess() === undefined ? 'indexeddb' : 'filesystem';
}

/**
 * Whether IndexedDB reads large records as a whole when it passes them in search of others. Nothing can be asked
 * for this but the browser's name; a wrong answer costs time, and nothing else.
 */
export function readsRecordsInPassing(): boolean {
  return navigatorLike().userAgent?.includes('Firefox/') ?? false;
}

/**
 * Asks the browser to keep what this site stores until the user removes it. Some ask the user, who may never
 * answer: so nobody waits for it, and {@link isPersisted} tells what came of it. Workers cannot ask.
 */
export function askToPersist(): void {
  navigatorLike()
    .storage?.persist?.()
    .catch(() => {});
}

/** Whether the browser has promised to keep what this site stores. */
export async function isPersisted(): Promise<boolean> {
  try {
    return (await navigatorLike().storage?.persisted?.()) ?? false;
  } catch {
    return false;
  }
}

/** Milliseconds that a timer can wait, 24 days: one that is to wait longer does not wait at all, on any platform. */
const longestWait = 2 ** 31 - 1;

/** The time for a timer, or for a server that has the same limit: as long as is wanted, or as can be waited. */
export function waitable(milliseconds: number): number {
  return Math.min(milliseconds, longestWait);
}

/** Resolves after that many milliseconds. */
export function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, waitable(milliseconds)));
}

/**
 * Keeps the process going until what it answers is called. Where nothing seems to be waited for, Node ends its loop, and
 * goes on with it only when V8 has compiled all that it began to: for a started SQLite that takes 60 ms.
 */
export function keepAlive(): () => void {
  const timer = setInterval(() => {}, longestWait);
  return () => clearInterval(timer);
}

// One for all turns: making a channel costs a browser more than a message through it.
let turns: MessageChannel | undefined;
const waiting: (() => void)[] = [];

/** Resolves after the messages that have arrived by now were delivered. */
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
