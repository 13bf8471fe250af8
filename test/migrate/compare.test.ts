/** How a comparison reports differences: with values that can hold no secret, otherwise with the name alone. */
import pico from 'picocolors';
import { expect, test } from 'vitest';
import { modelNamed } from '../../src/cinder/models.ts';
import { carryAll } from '../../src/cli/commands/migrate.ts';
import { Output } from '../../src/cli/output.ts';
import type { Terminal } from '../../src/cli/terminal.ts';
import { differences } from '../../src/migrate/compare.ts';
import { ListSource } from '../../src/migrate/list-source.ts';
import type { Target } from '../../src/migrate/target.ts';
import { saysTheSame } from '../../src/migration-conflict.ts';
import { fromPrimitive } from '../../src/serialization/primitive.ts';

const object = (name: string, data: Record<string, unknown>) =>
  fromPrimitive({
    'versioned_object.name': name,
    'versioned_object.namespace': 'cinder',
    'versioned_object.version': modelNamed(name)?.version,
    'versioned_object.data': data,
  });

test.each([
  ['Volume', 'provider_auth', 'CHAP user S3cret'],
  ['Volume', 'provider_location', 'rbd://user:S3cret@mon/pool'],
  ['Volume', 'provider_id', 'S3cret'],
  ['Volume', 'provider_geometry', 'S3cret'],
  ['Volume', 'replication_driver_data', '{"password": "S3cret"}'],
  ['Volume', 'replication_extended_status', 'S3cret'],
  ['Volume', 'display_description', 'the password is S3cret'],
  ['Volume', 'metadata', { san_password: 'S3cret' }],
  ['Volume', 'admin_metadata', { x: 'S3cret' }],
  ['VolumeAttachment', 'connection_info', { data: { auth_password: 'S3cret' } }],
  ['VolumeAttachment', 'connector', { chap: 'S3cret' }],
  ['Snapshot', 'provider_auth', 'S3cret'],
  ['Snapshot', 'provider_location', 'S3cret'],
  ['Snapshot', 'metadata', { x: 'S3cret' }],
])('a difference in %s %s is reported without its values', (name, field, value) => {
  const found = differences(
    { kind: 'volume', id: 'v' },
    object(name, { id: 'v', [field]: value }),
    object(name, { id: 'v', [field]: typeof value === 'string' ? null : {} }),
  );
  expect(found).toEqual([{ kind: 'volume', id: 'v', field, source: null, target: null }]);
});

test('a difference in the specs of a type is reported without its values', () => {
  const volume = (specs: unknown) =>
    object('Volume', {
      id: 'v',
      volume_type: {
        'versioned_object.name': 'VolumeType',
        'versioned_object.namespace': 'cinder',
        'versioned_object.version': modelNamed('VolumeType')?.version,
        'versioned_object.data': { id: 't', name: 't', extra_specs: specs },
      },
    });
  const found = differences({ kind: 'volume', id: 'v' }, volume({ key: 'S3cret' }), volume({}));
  expect(found).toMatchObject([{ field: 'volume_type.extra_specs', source: null, target: null }]);
});

test('a time that lost its fraction is no difference, but its field is reported', () => {
  const volume = (time: string) =>
    object('Volume', {
      id: 'v',
      created_at: time,
      volume_type: {
        'versioned_object.name': 'VolumeType',
        'versioned_object.namespace': 'cinder',
        'versioned_object.version': modelNamed('VolumeType')?.version,
        'versioned_object.data': { id: 't', name: 't', created_at: time },
      },
    });
  const [fine, coarse] = [volume('2026-01-01T00:00:00.250000Z'), volume('2026-01-01T00:00:00Z')];
  const fields: string[] = [];
  expect(differences({ kind: 'volume', id: 'v' }, fine, coarse, (field) => void fields.push(field))).toEqual([]);
  expect(fields.sort()).toEqual(['created_at', 'volume_type.created_at']);
});

test('differences in names, states, sizes and times are reported with their values', () => {
  const [one, other] = [
    {
      id: 'v',
      display_name: 'a',
      status: 'available',
      size: 1,
      multiattach: false,
      launched_at: '2026-01-01T00:00:00Z',
    },
    { id: 'v', display_name: 'b', status: 'in-use', size: 2, multiattach: true, launched_at: '2026-01-02T00:00:00Z' },
  ];
  const found = differences({ kind: 'volume', id: 'v' }, object('Volume', one), object('Volume', other));
  expect(Object.fromEntries(found.map(({ field, source, target }) => [field, [source, target]]))).toMatchObject({
    display_name: ['"a"', '"b"'],
    status: ['"available"', '"in-use"'],
    size: ['1', '2'],
    multiattach: ['false', 'true'],
  });
  expect(found.find(({ field }) => field === 'launched_at')?.source).toContain('2026-01-01');
});

test.each([
  [false, false],
  [true, false],
  [false, true],
])('the command line masks the reported values: --json %s, --show-secrets %s', async (json, showSecrets) => {
  const volume = object('Volume', { id: 'v', display_name: 'postgresql://user:S3cret@host/db' });
  const source = new ListSource({ volumes: [volume], connections: [], snapshots: [], keyValues: [], leftOut: [] });
  const nothing = async (): Promise<void> => {};
  const target: Target = {
    expected: ({ ovo }) => ovo,
    fieldsWithoutPlace: () => [],
    begin: nothing,
    store: nothing,
    storeKeyValues: nothing,
    commit: nothing,
    rollback: nothing,
    find: async () => new Map([['volume v', object('Volume', { id: 'v' })]]),
    keyValues: async () => [],
    defaultType: null,
    defaultTypeIds: new Set(),
  };
  let printed = '';
  const terminal = {
    errorStream: {},
    colors: () => pico.createColors(false),
    out: async (text: string) => {
      printed += text;
    },
    write: async (_: string, text: string) => {
      printed += text;
    },
  } as unknown as Terminal;
  const code = await carryAll(new Output(terminal, { json, showSecrets }), source, target, {
    dryRun: false,
    verify: true,
    keyValues: true,
  });
  expect(code).toBe(3);
  expect(printed).toContain('display_name');
  expect(printed.includes('S3cret')).toBe(showSecrets);
});

test.each([Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53])(
  '%s, which JSON text would change, is compared with care',
  (n) => {
    const connector = (value: unknown): unknown => ({ host: 'h', value });
    for (const other of [null, 2 ** 53]) {
      expect(saysTheSame('connector', false, connector(n), connector(other))).toBe(false);
      expect(saysTheSame('connector', false, connector(other), connector(n))).toBe(false);
    }
  },
);
