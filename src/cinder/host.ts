/** The backend in a volume's `host`, `machine@backend#pool`. The name of a machine may contain an `@` too. */

/** What is between the last `@` before the pool and the first `#`; undefined if there is no such `@`. */
export function backendIn(host: string): string | undefined {
  return /^[^#]*@([^#]*)/.exec(host)?.[1];
}
