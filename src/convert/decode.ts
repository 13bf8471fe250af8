/** Decodes the text of a dump file, compressed or not, in the encodings that dumps come in. */
import { InvalidDump } from '../errors/index.ts';
import { builtin } from '../runtime.ts';

/** The length of the longest string that all runtimes support. A text of as many bytes never has more characters. */
const longestText = 2 ** 29 - 24;

/** @throws {InvalidDump} if the bytes are neither UTF-8 nor UTF-16 with a byte order mark, or too many */
export function decodeText(bytes: Uint8Array): string {
  const [first, second] = bytes;
  if (first === 0) {
    throw new InvalidDump('The file begins with a zero byte: it is not text, and its content may have been lost.');
  }
  try {
    // UTF-16, as written by Windows PowerShell when output is redirected.
    if (first === 0xff && second === 0xfe) return new TextDecoder('utf-16le').decode(bytes);
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    if (bytes.length > longestText) throw tooLarge(`${bytes.length} bytes of text`, cause);
    throw new InvalidDump('The file is not UTF-8 text. Write the dump again, encoded as UTF-8.', { cause });
  }
}

/** Decompresses gzip. */
export function unpack(bytes: Uint8Array): Uint8Array {
  const zlib = builtin('node:zlib');
  if (zlib === undefined)
    throw new InvalidDump('The file is compressed with gzip, which this runtime cannot decompress.');
  try {
    return zlib.gunzipSync(bytes);
  } catch (cause) {
    if (cause instanceof RangeError) throw tooLarge('more bytes than one buffer can hold', cause);
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new InvalidDump(`The gzip file cannot be decompressed: ${reason}. Is it complete?`, { cause });
  }
}

function tooLarge(size: string, cause: unknown): InvalidDump {
  return new InvalidDump(
    `The file holds ${size}; at most half a gigabyte can be read at once. Split a JSON dump; restore an SQL dump into ` +
      'a server of its kind, and give the URL of that database.',
    { cause },
  );
}
