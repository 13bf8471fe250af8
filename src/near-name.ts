/** Finds what somebody who misspelt a name may have meant. */

/** The candidate that is a slip or two away from the word, the nearest first; null where none is near. */
export function nearName(word: string, candidates: Iterable<string>): string | null {
  let nearest: string | null = null;
  let least = Number.POSITIVE_INFINITY;
  for (const candidate of candidates) {
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase());
    if (distance < least && distance <= slipsAllowed(word, candidate)) {
      nearest = candidate;
      least = distance;
    }
  }
  return nearest;
}

/** A sentence for the end of an error message, with a space before it; empty where no name is near. */
export function didYouMean(word: string, candidates: Iterable<string>): string {
  const name = nearName(word, candidates);
  return name === null ? '' : ` Did you mean ${name}?`;
}

/**
 * One slip in four letters. At most six, or the long dotted names of drivers would all resemble each
 * other; fewer than the shorter name has letters, or any single letter would stand for any other.
 */
function slipsAllowed(a: string, b: string): number {
  const slips = Math.min(6, Math.max(1, Math.floor(Math.max(a.length, b.length) / 4)));
  return Math.min(slips, Math.min(a.length, b.length) - 1);
}

/** Damerau and Levenshtein's distance: letters added, left out, replaced, or swapped with their neighbour. */
function editDistance(from: string, to: string): number {
  const a = [...from];
  const b = [...to];
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (const [i, letter] of a.entries()) {
    const row = [i + 1];
    for (const [j, other] of b.entries()) {
      const replaced = at(last, j) + (letter === other ? 0 : 1);
      let best = Math.min(replaced, at(last, j + 1) + 1, at(row, j) + 1);
      if (letter === b[j - 1] && a[i - 1] === other) best = Math.min(best, at(beforeLast, j - 1) + 1);
      row.push(best);
    }
    beforeLast = last;
    last = row;
  }
  return at(last, b.length);
}

/** A place that the loops above have filled already. */
function at(row: readonly number[], index: number): number {
  return row[index] ?? Number.POSITIVE_INFINITY;
}
