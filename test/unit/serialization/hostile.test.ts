/** Malicious and damaged dumps: each gives a result or a clear error. */
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { dict, entriesOf, isDict } from '../../../src/cinder/dict.ts';
import { modelNamed } from '../../../src/cinder/models.ts';
import { isCinderlibError } from '../../../src/errors/index.ts';
import { parseJson } from '../../../src/serialization/json-parser.ts';
import { compact, jsonText } from '../../../src/serialization/json-text.ts';
import { dumpedObject, readDump } from '../../../src/serialization/load.ts';
import { fromPrimitive, toPlainDict, toPrimitive } from '../../../src/serialization/primitive.ts';
import { anyChange, changed } from './damage.ts';
import { anyJson } from './json-values.ts';
import { nestedDicts, nestedLists } from './nested.ts';
import { dataOf, envelope, family } from './sample.ts';

const text = (value: unknown) => jsonText(value, compact);

/** Reads a dump and prints everything in it; null if it is refused with a CinderlibError. */
function readAndPrint(source: unknown): string | null {
  try {
    const printed = readDump(source).items.flatMap((item) =>
      (item.class === 'Backend' ? item.volumes : [item]).map((one) => {
        if (one.class === 'KeyValue') return one;
        const ovo = toPrimitive(dumpedObject(one));
        toPlainDict(ovo);
        return { class: one.class, backend: one.backend, ovo };
      }),
    );
    return text(printed);
  } catch (error) {
    if (isCinderlibError(error)) return null;
    throw error;
  }
}

function sampleDump(): unknown {
  const { volume, snapshots, attachment } = family();
  const backend = { volume_backend_name: 'lvm', '10': 1, '2': 1.5 };
  const one = (name: string, object: typeof volume) => ({ class: name, backend, ovo: toPrimitive(object) });
  return [
    one('Volume', volume),
    one('Snapshot', snapshots[0]),
    one('Connection', attachment),
    { class: 'Backend', backend, volumes: [one('Volume', volume)] },
  ];
}

class Something {}
const cycle: Record<string, unknown> = {};
cycle['again'] = [cycle];

/** Values that are wrong in most places. */
const oddities: readonly unknown[] = [
  null,
  undefined,
  true,
  0,
  -1,
  1.5,
  Number.NaN,
  2n ** 70n,
  '',
  'x',
  '\ud800',
  '9'.repeat(5000),
  [],
  [null],
  [[]],
  {},
  { a: null },
  { toString: 1, valueOf: 1, toJSON: 1, constructor: { name: 1 } },
  { constructor: null, hasOwnProperty: null },
  Object.create(null),
  dict<unknown>([['__proto__', { polluted: true }]]),
  envelope('Volume', '1.9', {}),
  envelope('VolumeAttachmentList', '1.1', { objects: [null] }),
  envelope('Group', '1.0', {}),
  nestedLists(999),
  nestedDicts(999),
  nestedLists(100_000),
  nestedDicts(100_000),
  cycle,
];

/** Values that no JSON contains, but that a caller may pass. */
const foreign: readonly unknown[] = [
  () => 1,
  Symbol('s'),
  new Date(Number.NaN),
  new Map(),
  new Uint8Array(3),
  new Something(),
  Object(1),
  Object('x'),
  Object(Symbol('s')),
];

describe('keys named __proto__', () => {
  const before = Reflect.ownKeys(Object.prototype);

  /** The value as text, with such a key in every dictionary. */
  const poisoned = (value: unknown): string => {
    if (Array.isArray(value)) return `[${value.map(poisoned).join(',')}]`;
    if (!isDict(value)) return text(value);
    const items = entriesOf(value).map(([key, item]) => `${text(key)}:${poisoned(item)}`);
    return `{${['"__proto__":{"polluted":"yes","id":"evil","class":"Volume"}', ...items].join(',')}}`;
  };

  it('at every level of a dump pollute no prototype', () => {
    const dump = poisoned(sampleDump());
    expect(dump.split('__proto__').length).toBeGreaterThan(40);
    const value = parseJson(dump);
    expect(text(value)).toBe(dump);
    // A dict of strings accepts no dict, so these are refused as a whole; the tests of single objects show more.
    expect(readAndPrint(dump)).toBeNull();
    expect(readAndPrint(value)).toBeNull();
    expect(Reflect.ownKeys(Object.prototype)).toEqual(before);
    expect(Reflect.get({}, 'polluted')).toBeUndefined();
  });

  it('around the data of an object are ignored', () => {
    const primitive = parseJson(
      '{"__proto__":{"versioned_object.changes":["id"]},"versioned_object.name":"Volume",' +
        '"versioned_object.namespace":"cinder","versioned_object.version":"1.9",' +
        '"versioned_object.data":{"__proto__":{"id":"evil","size":9},"use_quota":true}}',
    );
    const volume = fromPrimitive(primitive);
    expect(toPrimitive(volume)).toEqual(envelope('Volume', '1.9', { use_quota: true }));
    expect(volume.changedFields.size).toBe(0);
  });

  it('cannot replace missing keys', () => {
    const dump = text({ class: 'Volume', backend: {}, ovo: envelope('Volume', '1.9', {}) });
    for (const key of ['class', 'backend', 'ovo']) {
      const missing = dump.replace(`"${key}":`, '"other":');
      expect(() => readDump(`{"__proto__":${dump},${missing.slice(1)}`)).toThrow(`The key '${key}' is missing`);
    }
  });

  it('in dictionaries of a user are kept unchanged', () => {
    const inside = '{"__proto__":{"polluted":[1.0,{"__proto__":null}]},"a":1}';
    const strings = '{"2":"x","__proto__":"polluted","1":"y"}';
    const attachment = envelope('VolumeAttachment', '1.3', {
      connection_info: parseJson(inside),
      connector: parseJson(inside),
    });
    const printed = dataOf(toPrimitive(fromPrimitive(attachment)));
    expect([text(printed['connection_info']), text(printed['connector'])]).toEqual([inside, inside]);
    const volume = envelope('Volume', '1.9', { metadata: parseJson(strings) });
    expect(text(dataOf(toPrimitive(fromPrimitive(volume)))['metadata'])).toBe(strings);
    expect(text(toPlainDict(toPrimitive(fromPrimitive(attachment))))).toContain(inside);
    expect(Reflect.get({}, 'polluted')).toBeUndefined();
  });
});

describe.each(['Volume', 'VolumeType', 'QualityOfServiceSpecs', 'Snapshot', 'VolumeAttachment', 'SnapshotList'])(
  'reading a %s',
  (name) => {
    const model = modelNamed(name);
    test.each((model?.fields ?? []).map((field) => field.name))(
      'with any value in %s succeeds or fails with a CinderlibError',
      (field) => {
        for (const value of [...oddities, ...foreign]) {
          expectResultOrOurError(() =>
            text(toPrimitive(fromPrimitive(envelope(name, model?.version, { [field]: value })))),
          );
        }
      },
    );
  },
);

test.each(['name', 'namespace', 'version', 'data', 'changes'])(
  'reading any value as the %s of an envelope succeeds or fails with a CinderlibError',
  (part) => {
    for (const value of [...oddities, ...foreign]) {
      const primitive = { ...envelope('Volume', '1.9', {}), [`versioned_object.${part}`]: value };
      expectResultOrOurError(() => text(toPrimitive(fromPrimitive(primitive))));
    }
  },
);

test.each(['class', 'backend', 'ovo', 'volumes'])(
  'reading any value as the %s of a dump succeeds or fails with a CinderlibError',
  (key) => {
    for (const value of [...oddities, ...foreign]) {
      for (const className of ['Volume', 'Backend']) {
        readAndPrint({ class: className, backend: {}, ovo: envelope('Volume', '1.9', {}), [key]: value });
      }
    }
  },
);

describe('reading a damaged dump', () => {
  const oddity = fc.oneof(anyJson, fc.constantFrom(...oddities));

  it('fails with a CinderlibError, or survives a round trip', () => {
    fc.assert(
      fc.property(fc.array(anyChange(oddity), { minLength: 1, maxLength: 4 }), (changes) => {
        const dump = changes.reduce(changed, sampleDump());
        const printed = readAndPrint(dump);
        if (printed !== null) expect(readAndPrint(printed)).toBe(printed);
      }),
      { numRuns: 500 },
    );
  });

  it('has the same result from text as from an object', () => {
    fc.assert(
      fc.property(fc.array(anyChange(anyJson), { minLength: 1, maxLength: 3 }), (changes) => {
        const dump = changes.reduce(changed, sampleDump());
        expect(readAndPrint(text(dump))).toBe(readAndPrint(dump));
      }),
      { numRuns: 200 },
    );
  });

  it('with values that no JSON contains succeeds or fails with a CinderlibError', () => {
    fc.assert(
      fc.property(fc.array(anyChange(fc.constantFrom(...foreign)), { minLength: 1, maxLength: 3 }), (changes) => {
        readAndPrint(changes.reduce(changed, sampleDump()));
      }),
      { numRuns: 200 },
    );
  });

  it('whose text was cut, overwritten or doubled succeeds or fails with a CinderlibError', () => {
    const whole = text(sampleDump());
    const position = fc.nat(whole.length);
    fc.assert(
      fc.property(position, position, fc.string({ maxLength: 3 }), (start, end, put) => {
        readAndPrint(whole.slice(0, start) + put + whole.slice(end));
      }),
      { numRuns: 400 },
    );
  });

  it('reads and prints an undamaged dump unchanged', () => {
    const dump = sampleDump();
    const [volume, snapshot, connection] = Array.isArray(dump) ? dump : [];
    expect(readAndPrint(dump)).toBe(text([volume, snapshot, connection, volume]));
  });
});

function expectResultOrOurError(call: () => unknown): void {
  try {
    call();
  } catch (error) {
    if (!isCinderlibError(error)) throw error;
  }
}
