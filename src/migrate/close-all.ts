/** Closes several resources, none of which may stay open because closing another failed. */

/** Closes one after the other, then throws the first error, if any. */
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
