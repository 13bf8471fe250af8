/** Python floats with whole values: `1.0` differs from `1` in a dump, and both must survive a round trip. */

/** Behaves like a number in arithmetic; is printed like a Python float. */
export class PythonFloat extends Number {
  toJSON(): number {
    return this.valueOf();
  }
}

/**
 * Python's `repr` of a float: the shortest digits that read back the same, with an exponent below 1e-4 and from
 * 1e16 up (JavaScript has different limits).
 */
export function floatRepr(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? 'Infinity' : '-Infinity';
  if (Object.is(value, -0)) return '-0.0';
  if (value === 0) return '0.0';
  const [mantissa = '', exponentText = '0'] = Math.abs(value).toExponential().split('e');
  const digits = mantissa.replace('.', '');
  const exponent = Number(exponentText);
  return (value < 0 ? '-' : '') + layOut(digits, exponent);
}

function layOut(digits: string, exponent: number): string {
  if (exponent < -4 || exponent >= 16) {
    const fraction = digits.length > 1 ? `.${digits.slice(1)}` : '';
    const magnitude = String(Math.abs(exponent)).padStart(2, '0');
    return `${digits[0]}${fraction}e${exponent < 0 ? '-' : '+'}${magnitude}`;
  }
  if (exponent < 0) return `0.${'0'.repeat(-exponent - 1)}${digits}`;
  const whole = digits.slice(0, exponent + 1).padEnd(exponent + 1, '0');
  return `${whole}.${digits.slice(exponent + 1) || '0'}`;
}
