/** Closes several things of which none may stay open because another cannot be closed. */

/** One after the other; throws the first of the failures once all were tried. */
export async function closeAll(closings: Iterable<() => Promise<void> | void>): Promise<void> {
  const failures: unknown[] = [];
  for (const close of closings) {
    try {
      await close();
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) throw failures[0];
}
