/** Python's unbounded integers: a number as long as that is exact, else a bigint. */
import { ValueError } from '../errors/index.ts';
import { shownText } from '../shown.ts';
import { quoted } from './python-str.ts';

/** Python's own limit, a guard against text that would take very long to convert. */
const maximumDigits = 4300;

/** What Python's `int()` treats as whitespace; JavaScript's `\s` is a different set. */
const blank = '[\\t-\\r \\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]*';
const integerText = new RegExp(`^${blank}([-+]?\\d+(?:_\\d+)*)${blank}$`);

/** Python's `int(text)`. */
export function parseInteger(text: string): number | bigint {
  const literal = integerText.exec(text)?.[1];
  if (literal === undefined) throw new ValueError(`invalid literal for int() with base 10: ${shownText(text, quoted)}`);
  return integerOf(literal.replaceAll('_', '').replace('+', ''));
}

/** The integer written with these digits, which a minus sign may precede. */
export function integerOf(digits: string): number | bigint {
  refuseLong(digits);
  // Adding 0 turns -0 into 0.
  return digits.length < 16 ? Number(digits) + 0 : narrow(BigInt(digits));
}

/** The digits of an integer. Throws `ValueError` where Python would refuse to write or read so many. */
export function digitsOf(value: bigint): string {
  const digits = value.toString();
  refuseLong(digits);
  return digits;
}

function refuseLong(digits: string): void {
  if (!isTooLong(digits)) return;
  throw new ValueError(
    `Exceeds the limit (${maximumDigits} digits) for integer string conversion: value has ${lengthOf(digits)} digits`,
  );
}

/** Whether Python would refuse an integer with these digits, which a minus sign may precede. */
export function isTooLong(digits: string): boolean {
  return lengthOf(digits) > maximumDigits;
}

function lengthOf(digits: string): number {
  return digits.length - (digits.startsWith('-') ? 1 : 0);
}

/** Converts to a number if that loses no digit. */
export function narrow(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}
