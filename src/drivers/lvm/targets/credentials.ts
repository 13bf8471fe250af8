/** Random CHAP credentials, as long as Cinder's, without letters and digits that are easily confused. */

export interface Credentials {
  readonly username: string;
  readonly password: string;
}

const symbols = '23456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';

export function randomCredentials(): Credentials {
  return { username: randomText(20), password: randomText(16) };
}

function randomText(length: number): string {
  let text = '';
  while (text.length < length) {
    // Bytes beyond the largest multiple would bias the result towards the first symbols.
    for (const byte of crypto.getRandomValues(new Uint8Array(length))) {
      if (byte < 256 - (256 % symbols.length)) text += symbols[byte % symbols.length];
    }
  }
  return text.slice(0, length);
}
