/** The text of a file, in the encodings that dumps come in. */
import { InvalidDump } from '../errors/index.ts';

/** @throws {InvalidDump} when the bytes are no text in UTF-8, nor in UTF-16 with its mark */
export function decodeText(bytes: Uint8Array): string {
  const [first, second] = bytes;
  // What the shell of Windows writes when output is redirected.
  if (first === 0xff && second === 0xfe) return new TextDecoder('utf-16le').decode(bytes);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new InvalidDump('The file is no text in UTF-8. Write the dump again, with UTF-8 as its encoding.', { cause });
  }
}
