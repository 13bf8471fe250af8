/** Reproducible random numbers: a test prints its seed, and CINDERLIB_SEED replays it. */
export class Random {
  readonly seed: number;
  #state: number;

  constructor(seed = Number(process.env['CINDERLIB_SEED'] ?? Math.floor(Math.random() * 2 ** 31))) {
    this.seed = seed;
    this.#state = seed | 0;
  }

  /** At least 0, below 1: mulberry32, by Tommy Ettinger. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /** An integer, at least 0 and below `limit`. */
  below(limit: number): number {
    return Math.floor(this.next() * limit);
  }

  pick<T>(list: readonly [T, ...T[]]): T {
    const picked = list[this.below(list.length)];
    // Not `??`, which would never pick null.
    return picked === undefined ? list[0] : picked;
  }

  /** A text of letters and digits. */
  text(length: number): string {
    let text = '';
    while (text.length < length) text += Math.floor(this.next() * 2 ** 52).toString(36);
    return text.slice(0, length);
  }
}
