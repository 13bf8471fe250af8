/** Integers of 64 bits, which servers send as text. */

/** A number, or a bigint where a number would be rounded. */
export function safeInteger(text: string): number | bigint {
  const number = Number(text);
  return Number.isSafeInteger(number) ? number : BigInt(text);
}
