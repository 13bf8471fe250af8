/** A short stand-in for a long text. */

/** FNV-1a, in eight hexadecimal digits. */
export function checksum(text: string): string {
  let value = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193);
  return (value >>> 0).toString(16).padStart(8, '0');
}
