/** The options of drivers, read like Cinder's configuration files. */
import { describe, expect, it } from 'vitest';
import { driverOptions } from '../../../src/drivers/option-schema.ts';
import { InvalidOption } from '../../../src/errors/index.ts';

const help = 'For the test.';
const schema = {
  place: { type: 'string', default: null, required: true, help },
  kind: { type: 'string', default: 'auto', choices: ['auto', 'thin'], help },
  copies: { type: 'integer', default: 3, min: 0, max: 9, help },
  ratio: { type: 'float', default: null, help },
  port: { type: 'port', default: 3260, help },
  wipe: { type: 'boolean', default: false, help },
  addresses: { type: 'list', default: [], help },
  password: { type: 'string', default: '', choices: ['right'], secret: true, help },
} as const;
const read = (given: Record<string, unknown>) => driverOptions('MyDriver', schema, { place: '/x', ...given });

describe('driverOptions()', () => {
  it('uses the defaults for options that are missing, undefined or null', () => {
    const { options, configuration } = read({ kind: null, wipe: undefined });
    expect(options).toStrictEqual({
      place: '/x',
      kind: 'auto',
      copies: 3,
      ratio: null,
      port: 3260,
      wipe: false,
      addresses: [],
      password: '',
    });
    expect(Object.keys(configuration)).toStrictEqual(['place', 'kind', 'wipe']);
  });

  // The words and forms that oslo.config accepts.
  it.each<[string, unknown, unknown]>([
    ['copies', '5', 5],
    ['copies', 5, 5],
    ['ratio', '10.5', 10.5],
    ['ratio', 2, 2],
    ['port', '0', 0],
    ['wipe', 'yes', true],
    ['wipe', 'On', true],
    ['wipe', '1', true],
    ['wipe', 'FALSE', false],
    ['wipe', 'no', false],
    ['addresses', '10.0.0.1, 10.0.0.2', ['10.0.0.1', '10.0.0.2']],
    ['addresses', ['10.0.0.1'], ['10.0.0.1']],
    ['addresses', '', []],
    ['place', 7, '7'],
    ['kind', 'thin', 'thin'],
  ])('reads %s: %o as %o', (name, value, expected) => {
    const { options, configuration } = read({ [name]: value });
    expect(Reflect.get(options, name)).toStrictEqual(expected);
    expect(configuration[name]).toStrictEqual(expected);
  });

  it.each<[string, unknown, string]>([
    ['copies', 'many', 'an integer from 0 to 9 is expected'],
    ['copies', 10, 'an integer from 0 to 9 is expected'],
    ['copies', 1.5, 'an integer from 0 to 9 is expected'],
    ['ratio', '1e3', 'a float is expected'],
    ['ratio', Number.NaN, 'a float is expected'],
    ['port', 65_536, 'a port is expected'],
    ['wipe', 'perhaps', 'a boolean is expected'],
    ['addresses', [1], 'a list is expected'],
    ['addresses', 1, 'a list is expected'],
    ['place', {}, 'a string is expected'],
    ['kind', 'fat', 'one of auto, thin is expected'],
  ])('refuses %s: %o', (name, value, reason) => {
    expect(() => read({ [name]: value })).toThrow(InvalidOption);
    expect(() => read({ [name]: value })).toThrow(`The option ${name} of the volume driver MyDriver`);
    expect(() => read({ [name]: value })).toThrow(reason);
  });

  it.each(['copies', 'wipe', 'kind'])('refuses values for %s that have no text, and does not show secrets', (name) => {
    const circle: unknown[] = [];
    circle.push(circle);
    const hostile = new Proxy({}, { get: () => expect.unreachable() });
    for (const value of [10n, circle, Symbol('s'), Object.create(null), hostile, 'mysql://u:hunter2@h/d']) {
      expect(() => read({ [name]: value })).toThrow(InvalidOption);
      expect(() => read({ [name]: value })).toThrow(/^(?!.*hunter2)/s);
    }
  });

  it('does not show the secret that it refuses', () => {
    expect(() => read({ password: 'hunter2' })).toThrow(/^(?!.*hunter2).*password.*cannot be that/);
  });

  it('asks for a missing required option with its help', () => {
    for (const given of [{}, { place: null }, { place: '' }]) {
      expect(() => driverOptions('MyDriver', schema, given)).toThrow(
        'The option place of the volume driver MyDriver is missing: For the test.',
      );
    }
  });

  it('suggests the nearest name for a misspelt option, and keeps unknown options in order', () => {
    expect(() => read({ copiess: 1 })).toThrow('has no option copiess. Did you mean copies?');
    const given = { volume_driver: 'x', san_ip: '10.0.0.1', copies: '2', volume_backend_name: 'b' };
    const { configuration } = driverOptions('MyDriver', schema, { place: '/x', ...given });
    expect(configuration).toStrictEqual({ place: '/x', ...given, copies: 2 });
    expect(Object.keys(configuration)).toStrictEqual(['place', ...Object.keys(given)]);
  });
});
