/** The five classes of objects, compared with the tables that were read from Cinder. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import * as enums from '../../../src/cinder/enums.ts';
import type { Field } from '../../../src/cinder/field.ts';
import { modelNamed } from '../../../src/cinder/models.ts';

interface Tables {
  readonly models: Readonly<
    Record<string, { readonly version: string; readonly list_version: string; readonly fields: readonly string[] }>
  >;
  readonly enums: Readonly<Record<string, readonly string[]>>;
}

// The file was written for this shape.
const tables = JSON.parse(readFileSync(new URL('./models.fixture.json', import.meta.url), 'utf8')) as Tables;

/** The names of the kinds of fields in the tables. */
const kinds: Readonly<Record<string, string>> = {
  string: 'string',
  uuid: 'uuid string',
  integer: 'integer',
  boolean: 'boolean',
  datetime: 'datetime',
  strings: 'list of strings',
  dictOfStrings: 'dict of strings',
  dictOfNullableStrings: 'dict of strings or null',
  dictOfAnything: 'dict of anything',
};

function inWords({ name, kind, nullable, column, default: fallback }: Field): string {
  const words = [kindInWords(kind)];
  if (!nullable) words.push('never null');
  if (fallback !== undefined) words.push(`default ${fallback}`);
  if (!column) words.push('no column');
  return `${name}: ${words.join(', ')}`;
}

function kindInWords(kind: Field['kind']): string | undefined {
  if (typeof kind === 'string') return kinds[kind];
  if ('object' in kind) return `object ${kind.object}`;
  if ('objects' in kind) return `list of ${kind.objects}`;
  const values = JSON.stringify(kind.enum);
  return `enum ${Object.entries(tables.enums).find(([, expected]) => JSON.stringify(expected) === values)?.[0]}`;
}

describe.each(Object.entries(tables.models))('the model of %s', (name, expected) => {
  const model = modelNamed(name);
  const list = modelNamed(`${name}List`);

  it('has the fields of Cinder, in its order, with their kinds, defaults and columns', () => {
    expect(model?.fields.map(inWords)).toEqual(expected.fields);
  });

  it('has the versions of Cinder for itself and its list', () => {
    expect(model?.version).toBe(expected.version);
    expect(list?.version).toBe(expected.list_version);
  });

  it('has an index of its fields by name', () => {
    expect(model?.fields.map((field) => model.index.get(field.name))).toEqual(expected.fields.map((_, place) => place));
    expect(model?.index.size).toBe(expected.fields.length);
  });

  it('has a list with one field, which is never null', () => {
    expect(list?.name).toBe(`${name}List`);
    expect(list?.fields.map(inWords)).toEqual([`objects: list of ${name}, never null, no column`]);
  });
});

it('enums have the values of Cinder', () => {
  expect(enums.volumeAttachStatus).toEqual(tables.enums['VolumeAttachStatus']);
  expect(enums.snapshotStatus).toEqual(tables.enums['SnapshotStatus']);
  expect(enums.qosConsumer).toEqual(tables.enums['QoSConsumer']);
});

it.each(['Group', 'Cluster', 'ConsistencyGroup', 'volume', 'VolumeListList', '', 'toString', '__proto__'])(
  'modelNamed(%o) finds no model',
  (name) => {
    expect(modelNamed(name)).toBeUndefined();
  },
);
