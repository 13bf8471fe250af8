/** Tells the test something, at once: what was said before a kill must have been heard. */
import { writeSync } from 'node:fs';

export function say(line: Readonly<Record<string, unknown>>): void {
  const bytes = Buffer.from(`${JSON.stringify(line)}\n`);
  for (let done = 0; done < bytes.length; ) {
    try {
      done += writeSync(1, bytes, done);
    } catch (error) {
      // The pipe is full; the test is about to read it.
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
    }
  }
}
