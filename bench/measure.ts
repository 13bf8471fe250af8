/** Measures rates and formats the figures. */
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';

export interface Figure {
  readonly what: string;
  readonly ours: string;
  readonly peer: string;
  /** Our rate divided by the peer's. */
  readonly ratio: string;
}

/** Rounds that do not count. The engine's code becomes fast only when it has run for a while, as that of services has. */
const warmUps = 3;

/** Operations per second: the median of several rounds, after the warm-up. */
export async function rate(count: number, round: () => unknown, rounds = 5): Promise<number> {
  const rates: number[] = [];
  for (let n = 0; n < warmUps + rounds; n++) {
    const start = performance.now();
    await round();
    if (n >= warmUps) rates.push((count * 1000) / (performance.now() - start));
  }
  return median(rates);
}

export function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

export function compared(what: string, unit: string, ours: number, peer: number): Figure {
  const shown = (value: number): string => `${Math.round(value).toLocaleString('en')} ${unit}`;
  return { what, ours: shown(ours), peer: shown(peer), ratio: (ours / peer).toFixed(2) };
}

/** A folder on the project's disk, since the system's temporary folder may be in memory. */
export async function onDisk<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(process.cwd(), '.cache-bench-'));
  try {
    return await use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
