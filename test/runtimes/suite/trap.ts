/** Makes WebAssembly trap at a given call of one of its functions, in this realm or in a worker of its own. */

export interface Trap {
  /** What to pass to `setup` as `worker`. */
  readonly worker: false | (() => Worker);
  /** From now on, the call of that number traps. */
  arm(at: number): Promise<void>;
  /** Whether one has trapped. From now on, none does. */
  disarm(): Promise<boolean>;
  remove(): void;
}

interface Countdown {
  left: number;
  sprung: boolean;
  remove(): void;
}

/** Self-contained: its source is sent to a worker too. */
function installCountdown(): Countdown {
  const native = WebAssembly.instantiate;
  const countdown: Countdown = {
    left: Number.POSITIVE_INFINITY,
    sprung: false,
    remove() {
      WebAssembly.instantiate = native;
    },
  };
  const instantiate = async (module: WebAssembly.Module, imports: WebAssembly.Imports): Promise<unknown> => {
    const { exports } = await native(module, imports);
    let hasTrapped = false;
    const trapping = (call: (...parameters: unknown[]) => unknown) => {
      return (...parameters: unknown[]): unknown => {
        if (hasTrapped) throw new WebAssembly.RuntimeError('WebAssembly was called after it had trapped');
        countdown.left -= 1;
        if (countdown.left !== 0) return call(...parameters);
        hasTrapped = true;
        countdown.sprung = true;
        throw new WebAssembly.RuntimeError('Out of bounds memory access');
      };
    };
    const parts = Object.entries(exports).map(([name, part]) => {
      return [name, typeof part === 'function' ? trapping(part as () => unknown) : part];
    });
    return { exports: Object.fromEntries(parts) };
  };
  Reflect.set(WebAssembly, 'instantiate', instantiate);
  return countdown;
}

export function trapInThisRealm(): Trap {
  const countdown = installCountdown();
  return {
    worker: false,
    async arm(at) {
      countdown.left = at;
      countdown.sprung = false;
    },
    async disarm() {
      countdown.left = Number.POSITIVE_INFINITY;
      return countdown.sprung;
    },
    remove: () => countdown.remove(),
  };
}

/** In a browser: the worker is the library's own script, loaded after ours. */
export function trapInWorker(): Trap {
  const name = `trap-${crypto.randomUUID()}`;
  const channel = new BroadcastChannel(name);
  const ours = `const countdown = (${installCountdown})();
    const channel = new BroadcastChannel('${name}');
    channel.onmessage = ({ data }) => {
      const { sprung } = countdown;
      Object.assign(countdown, { left: data, sprung: false });
      channel.postMessage(sprung);
    };`;
  const worker = `import '${scriptOf(ours)}'; import '${new URL('/dist/core.js', location.href).href}';`;
  const address = scriptOf(worker);
  /** Answered with whether one has trapped since the last time. */
  const set = (left: number): Promise<boolean> => {
    return new Promise((resolve) => {
      channel.onmessage = ({ data }) => resolve(data);
      channel.postMessage(left);
    });
  };
  return {
    worker: () => new Worker(address, { type: 'module' }),
    arm: async (at) => void (await set(at)),
    disarm: () => set(Number.POSITIVE_INFINITY),
    remove: () => channel.close(),
  };
}

function scriptOf(text: string): string {
  return URL.createObjectURL(new Blob([text], { type: 'text/javascript' }));
}
