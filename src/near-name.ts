/** Suggests corrections for misspelt names. */

/** The candidate most similar to the word; null if none is similar enough. */
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

/** A sentence for the end of an error message, preceded by a space; empty if no name is similar enough. */
export function didYouMean(word: string, candidates: Iterable<string>): string {
  const name = nearName(word, candidates);
  return name === null ? '' : ` Did you mean ${name}?`;
}

/**
 * One typo per four letters. At most six, or the long dotted names of drivers would all be similar to each other;
 * and fewer than the shorter name has letters, or any single letter would match any other.
 */
function slipsAllowed(a: string, b: string): number {
  const slips = Math.min(6, Math.max(1, Math.floor(Math.max(a.length, b.length) / 4)));
  return Math.min(slips, Math.min(a.length, b.length) - 1);
}

/** The Damerau–Levenshtein distance: letters inserted, deleted, replaced, or swapped with their neighbour. */
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

/** An element that the loops above have already set. */
function at(row: readonly number[], index: number): number {
  return row[index] ?? Number.POSITIVE_INFINITY;
}
