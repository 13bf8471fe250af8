/** Decodes the text of a dump file, compressed or not, in the encodings that dumps come in. */
import { InvalidDump } from '../errors/index.ts';
import { builtin } from '../runtime.ts';

/** The length of the longest string that all runtimes support. A text of as many bytes never has more characters. */
const longestText = 2 ** 29 - 24;

/** @throws {InvalidDump} if the bytes are neither UTF-8 nor UTF-16 with a byte order mark, or too many */
export function decodeText(bytes: Uint8Array): string {
  const [first, second] = bytes;
  try {
    // UTF-16, as written by Windows PowerShell when output is redirected.
    if (first === 0xff && second === 0xfe) return new TextDecoder('utf-16le').decode(bytes);
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    if (bytes.length > longestText) throw tooLarge(`${bytes.length} bytes of text`, cause);
    throw new InvalidDump('The file is no text in UTF-8. Write the dump again, with UTF-8 as its encoding.', { cause });
  }
}

/** Decompresses gzip. */
export function unpack(bytes: Uint8Array): Uint8Array {
  const zlib = builtin('node:zlib');
  if (zlib === undefined) throw new InvalidDump('The file is packed by gzip, which this runtime cannot unpack.');
  try {
    return zlib.gunzipSync(bytes);
  } catch (cause) {
    if (cause instanceof RangeError) throw tooLarge('more bytes than one file may have here', cause);
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new InvalidDump(`The file is packed by gzip and cannot be unpacked: ${reason}. Is it whole?`, { cause });
  }
}

function tooLarge(size: string, cause: unknown): InvalidDump {
  return new InvalidDump(
    `The file holds ${size}, which is more than can be read at once: half a gigabyte. Restore the dump into a database ` +
      'of its own kind, and name that by its URL.',
    { cause },
  );
}
