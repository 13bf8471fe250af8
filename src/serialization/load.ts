/** Reads a dump, given as JSON text or its parsed value, and checks its envelopes. */
import { aboutItem } from '../about-item.ts';
import { type Dict, dict, entriesOf, isDict, own } from '../cinder/dict.ts';
import { pythonStr, pythonType } from '../cinder/python-str.ts';
import type { VersionedObject } from '../cinder/versioned-object.ts';
import { InvalidDump, isCinderlibError, JSONDecodeError } from '../errors/index.ts';
import { shownText } from '../shown.ts';
import { parseJson, refuseDepth } from './json-parser.ts';
import { fromPrimitive } from './primitive.ts';

/** An item of a dump that contains a versioned object. */
export interface DumpedObject<C extends keyof typeof objectNames = keyof typeof objectNames> {
  readonly class: C;
  readonly backend: Dict;
  readonly ovo: unknown;
}

/** One item of a dump. */
export type Dumped =
  | DumpedObject
  | { readonly class: 'Backend'; readonly backend: Dict; readonly volumes: readonly DumpedObject<'Volume'>[] }
  /** Exists only in dumps of this library. */
  | { readonly class: 'KeyValue'; readonly key: string; readonly value: string | null };

/** A parsed dump: either a list or a single item. */
export interface Dump {
  readonly isList: boolean;
  readonly items: readonly Dumped[];
}

/** The key that marks an item whose secrets were masked for display. */
export const MASKED = 'masked';

const objectNames = { Volume: 'Volume', Snapshot: 'Snapshot', Connection: 'VolumeAttachment' } as const;

/** The items of a dump; a dump that is not a list has one item. */
export function readDump(source: unknown): Dump {
  const value = typeof source === 'string' ? parseText(source) : readTree(source);
  const isList = Array.isArray(value);
  return { isList, items: isList ? value.map(readElement) : [readItem(value)] };
}

function parseText(text: string): unknown {
  try {
    return parseJson(text);
  } catch (error) {
    const isPath = /^[^\s{["]*[./\\][^\s{["]*$/.test(text);
    if (!(isPath && error instanceof JSONDecodeError)) throw error;
    throw new JSONDecodeError(`${error.message}. The text itself is expected, not the path of a file.`, {
      cause: error,
    });
  }
}

/** The name of a list element in messages, counted from 1. */
export function elementName(index: number): string {
  return `element ${index + 1} of the dump`;
}

function readElement(value: unknown, index: number): Dumped {
  try {
    return readItem(value);
  } catch (cause) {
    if (!(cause instanceof InvalidDump)) throw cause;
    const name = elementName(index);
    throw aboutItem(new InvalidDump(`E${name.slice(1)}: ${cause.message}`, { cause }), name);
  }
}

/** The versioned object of an item. */
export function dumpedObject(item: DumpedObject): VersionedObject {
  const object = fromPrimitive(item.ovo);
  const expected = objectNames[item.class];
  if (object.model.name === expected) return object;
  throw new InvalidDump(`A ${item.class} must hold a ${expected} under 'ovo', not a ${object.model.name}.`);
}

function readItem(value: unknown): Dumped {
  if (!isDict(value)) {
    throw new InvalidDump(
      `A dump is a dict with 'class' and 'backend', or a list of them, not ${value === undefined ? value : `a ${pythonType(value)}`}.`,
    );
  }
  refuseMasked(value);
  const className = required(value, 'class');
  if (className === 'KeyValue') return readKeyValue(value);
  const backend = required(value, 'backend');
  if (!isDict(backend)) throw new InvalidDump(`The 'backend' of a dump is a dict, not a ${pythonType(backend)}.`);
  switch (className) {
    case 'Volume':
    case 'Snapshot':
    case 'Connection':
      return { class: className, backend, ovo: required(value, 'ovo') };
    case 'Backend':
      return { class: className, backend, volumes: readVolumes(own(value, 'volumes')) };
    default:
      throw new InvalidDump(
        `There is no class ${shownText(pythonStr(className))} in a dump: ` +
          'Volume, Snapshot, Connection, Backend or KeyValue is expected.',
      );
  }
}

function readKeyValue(item: Dict): Dumped {
  const [key, value = null] = [own(item, 'key'), own(item, 'value')];
  if (typeof key === 'string' && (value === null || typeof value === 'string'))
    return { class: 'KeyValue', key, value };
  throw new InvalidDump("A KeyValue in a dump has a 'key' that is a string, and a 'value' that is a string or null.");
}

/**
 * Masked secrets must not be loaded: they would replace the stored ones.
 *
 * @throws {InvalidDump} if the item is marked as masked
 */
function refuseMasked(value: Dict): void {
  if ((own(value, MASKED) ?? false) === false) return;
  throw new InvalidDump(
    `Secrets are masked in this dump of a ${shownText(pythonStr(own(value, 'class') ?? 'thing'))}, and would be lost ` +
      'if it were loaded. Make the dump again with --show-secrets.',
  );
}

function readVolumes(volumes: unknown): readonly DumpedObject<'Volume'>[] {
  if (volumes === undefined || volumes === null) return [];
  if (!Array.isArray(volumes))
    throw new InvalidDump(`The 'volumes' of a backend are a list, not a ${pythonType(volumes)}.`);
  return volumes.map((volume: unknown) => {
    const item = readItem(volume);
    if (item.class === 'Volume') return { ...item, class: item.class };
    throw new InvalidDump(`The 'volumes' of a backend hold volumes only, not a ${item.class}.`);
  });
}

function required(dictionary: Dict, key: string): unknown {
  const value = own(dictionary, key);
  if (value === undefined)
    throw new InvalidDump(`The key '${key}' is missing in the dump: it is not what jsons() or dumps() write.`);
  return value;
}

/** Reads a value that did not come from text just once: its getters may throw, or return something else next time. */
function readTree(source: unknown): unknown {
  try {
    return checkedCopy(source);
  } catch (cause) {
    if (isCinderlibError(cause)) throw cause;
    throw new InvalidDump('The dump holds an object that cannot be read.', { cause });
  }
}

/** A deep copy of a tree that may be cyclic or contain values that JSON cannot represent. */
function checkedCopy(value: unknown, depth = 0): unknown {
  if (Array.isArray(value) || isDict(value)) refuseDepth(depth);
  // Not `map`, which preserves holes.
  if (Array.isArray(value)) return Array.from(value, (item: unknown) => checkedCopy(item, depth + 1));
  if (isDict(value)) return dict(entriesOf(value).map(([key, item]) => [key, checkedCopy(item, depth + 1)] as const));
  if (typeof value === 'function' || typeof value === 'symbol') {
    throw new InvalidDump(`A dump cannot hold a ${typeof value}.`);
  }
  return value;
}
