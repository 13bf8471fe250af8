/** Tests that run in another program than the one that reports them: each says how it ended in a line of JSON. */

export type Case = readonly [name: string, body: () => Promise<void>];

export interface Verdict {
  readonly name: string;
  readonly milliseconds: number;
  /** What was wrong; null when nothing was. */
  readonly error: string | null;
}

/** Runs the cases one after the other and prints their verdicts. */
export async function runCases(cases: Iterable<Case>): Promise<void> {
  for (const [name, body] of cases) {
    const begun = Date.now();
    let error: string | null = null;
    try {
      await body();
    } catch (thrown) {
      error = thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
      if (thrown instanceof Error && thrown.cause !== undefined) error += `\nbecause of ${String(thrown.cause)}`;
    }
    console.log(JSON.stringify({ name, milliseconds: Date.now() - begun, error } satisfies Verdict));
  }
}
