/** Finds a browser's process that runs a given page, from Linux's /proc, since no driver reports it. */
import { readdirSync, readFileSync } from 'node:fs';

interface Running {
  readonly parent: number;
  /** The CPU time that it has used, in the system's ticks of 10 ms. */
  readonly ticks: number;
}

/**
 * What the page computes in order to be found, and how much CPU time that takes at least, in ticks. CPU time, because
 * on a busy machine elapsed time mostly goes to other processes.
 */
const work = '(() => { let sum = 0; for (let n = 0; n < 1e8; n++) sum = (sum * 31 + n) | 0; return String(sum); })()';
const leastTicks = 5;

/**
 * Finds the process of a page: the one that is busy while the page is.
 *
 * @param root the browser's main process
 * @param evaluate evaluates an expression in the page
 */
export async function findProcess(root: number, evaluate: (expression: string) => Promise<unknown>): Promise<number> {
  for (let tries = 0; tries < 10; tries++) {
    const before = processesOf(root);
    await evaluate(work);
    const [first, second] = [...processesOf(root)]
      .map(([pid, { ticks }]) => ({ pid, ticks: ticks - (before.get(pid)?.ticks ?? 0) }))
      .sort((one, other) => other.ticks - one.ticks);
    // Other processes may have been busy too.
    if (first !== undefined && first.ticks >= leastTicks && first.ticks >= 2 * (second?.ticks ?? 0)) return first.pid;
  }
  throw new Error('No process of the browser can be told from the others by what it does.');
}

/** A process's descendants, without the process itself, since it runs no pages. */
function processesOf(root: number): ReadonlyMap<number, Running> {
  const all = new Map<number, Running>();
  for (const name of readdirSync('/proc')) {
    const running = /^\d+$/.test(name) ? readStat(name) : null;
    if (running !== null) all.set(Number(name), running);
  }
  const isBelow = (pid: number): boolean => {
    const parent = all.get(pid)?.parent;
    return parent !== undefined && (parent === root || isBelow(parent));
  };
  return new Map([...all].filter(([pid]) => isBelow(pid)));
}

/** The process name, in parentheses before the other fields, may itself contain spaces and parentheses. */
function readStat(pid: string): Running | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const fields = text
      .slice(text.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number);
    return { parent: fields[1] ?? 0, ticks: (fields[11] ?? 0) + (fields[12] ?? 0) };
  } catch {
    // It has exited meanwhile.
    return null;
  }
}
