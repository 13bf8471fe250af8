/** How often a test repeats itself: what CI has time for, or the number in CINDERLIB_ROUNDS. */
export function rounds(usual: number): number {
  const asked = Number(process.env['CINDERLIB_ROUNDS'] ?? usual);
  if (!Number.isSafeInteger(asked) || asked < 1) throw new Error('CINDERLIB_ROUNDS is to be a number of rounds.');
  return asked;
}

/** The timeout for that many rounds, with room for a machine that is eight times slower, in milliseconds. */
export function timeFor(count: number, millisecondsEach: number): number {
  return 60_000 + count * millisecondsEach * 8;
}
