/** What counts as a secret, what only looks like one, and that nothing else is changed. */
import { describe, expect, test } from 'vitest';
import { maskDumped, maskSecrets, maskText } from '../../../src/cli/mask.ts';
import { fileSource } from '../../../src/convert/file-source.ts';
import { InvalidDump } from '../../../src/errors/index.ts';
import { readDump } from '../../../src/serialization/load.ts';

describe('maskSecrets()', () => {
  test.each([
    ...['password', 'auth_password', 'discovery_auth_password', 'san_password', 'netapp_password', 'passwd', 'pwd'],
    ...['secret', 'chap_secret', 'client_secret', 'token', 'auth_token', 'keyring', 'api_key', 'apikey', 'privateKey'],
    ...['pass', 'user_pass', 'access_key', 'passphrase', 'credentials', 'provider_auth', 'storage_pw'],
  ])('masks the value of %s', (name) => {
    expect(maskSecrets({ data: [{ [name]: 'S3cret' }] })).toEqual({ data: [{ [name]: '***' }] });
    expect(maskSecrets({ [name]: { inner: 'S3cret' } })).toEqual({ [name]: '***' });
  });

  test.each([
    'secret_uuid',
    'secret_type',
    'auth_method',
    'auth_username',
    'key',
    'keys',
    'encrypted',
    'keyspace',
    'bypass',
  ])('shows the value of %s', (name) => {
    expect(maskSecrets({ [name]: 'shown' })).toEqual({ [name]: 'shown' });
  });

  test('leaves null, empty and false values of secrets', () => {
    const value = { password: null, secret: '', token: false };
    expect(maskSecrets(value)).toEqual(value);
  });
});

describe('maskText()', () => {
  test.each([
    ['mysql://u:S3cret@h/d', 'mysql://u:***@h/d'],
    ['see postgresql+psycopg2://u:S3cret@h:1/d, or http://h', 'see postgresql+psycopg2://u:***@h:1/d, or http://h'],
    ['host=h password=S3cret user=u', 'host=h password=*** user=u'],
    ['http://h/?token=S3cret&x=1', 'http://h/?token=***&x=1'],
    ['{"conn": {"auth_password": "S3cret", "n": 1.0}}', '{"conn": {"auth_password": "***", "n": 1.0}}'],
    ['[{"keyring": "S3cret"}]', '[{"keyring": "***"}]'],
    ['mysql://u:p@S3cret@h/d', 'mysql://u:***@h/d'],
    ["mysql://u:p'S3cret@h/d", 'mysql://u:***@h/d'],
    ['mysql://u:S3/cret@h/d', 'mysql://u:***@h/d'],
    ['mysql://u:S3cret@h/d postgresql://v:S3cret@i/d', 'mysql://u:***@h/d postgresql://v:***@i/d'],
    ["host=h password='S3cret x' user=u", 'host=h password=*** user=u'],
    ['host=h password="S3cret x" user=u', 'host=h password=*** user=u'],
    ['-o username=x,pass=S3cret,vers=3', '-o username=x,pass=***,vers=3'],
    ["{'password': 'S3cret', 'n': 1}", "{'password': ***, 'n': 1}"],
    ['{"n": 1, "auth_password":"S3c\\"ret","o": "cut o', '{"n": 1, "auth_password":***,"o": "cut o'],
    ['{"n": 1, "auth_password": "S3cre', '{"n": 1, "auth_password": ***'],
    ['conn={"api_key":"S3cret"} x', 'conn={"api_key":***} x'],
    ['auth:\n  san_password: S3cret\n  n: 1', 'auth:\n  san_password: ***\n  n: 1'],
    [
      '[client.admin]\n\tkey = AQS3cretAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==\n\tcaps = x',
      '[client.admin]\n\tkey = ***\n\tcaps = x',
    ],
    [
      '[client.admin]\n  key = S3cret==\n  caps = x\n[client.b]\nkey=S3cret',
      '[client.admin]\n  key = ***\n  caps = x\n[client.b]\nkey=***',
    ],
    [
      'a -----BEGIN PRIVATE KEY-----\nS3\ncret\n-----END PRIVATE KEY----- b',
      'a -----BEGIN PRIVATE KEY-----***-----END PRIVATE KEY----- b',
    ],
    ['-----BEGIN RSA PRIVATE KEY-----\nS3cret cut off', '-----BEGIN RSA PRIVATE KEY-----***'],
    ['Authorization: Bearer S3.cr-et_= x', 'Authorization: Bearer *** x'],
    ['mount --password S3cret -o x', 'mount --password *** -o x'],
    ['mount --chap-secret S3cret', 'mount --chap-secret ***'],
    ['<user>u</user><password>S3cret</password>', '<user>u</user><password>***</password>'],
  ])('masks secrets in: %s', (text, masked) => {
    expect(maskText(text)).toBe(masked);
  });

  test.each([
    '',
    'plain',
    '127.0.0.1:3260,1 iqn.2010-10.org',
    '{"a":   1}',
    '{no json',

    'a@b.c',
    '12:34',
    'bypass=1',
    'http://h:80/path, mail a@b.c',
    'key = 1',
    '[note] key = 1',
    'the Bearer of news, and the bearer 1',
    '-----BEGIN PUBLIC KEY-----\nAAA\n-----END PUBLIC KEY-----',
    '<password></password> --password',
    'secret_uuid: 12',
    'password:\n  user: u',
    "Access denied for user 'u'@'h' (using password: YES)",
    'the password is kept elsewhere: see a@b.c',
  ])('leaves %j unchanged', (text) => {
    expect(maskText(text)).toBe(text);
  });
});

test('the time of maskText() is proportional to the length of the text', () => {
  // In each of these texts, something could begin at every word.
  for (const word of ['a.', 'a-', 'a:', '"password"', '"password":"\\', 'password', '://', "'", 'a@', ' key=', 'x ']) {
    // Processor time, which other programs do not affect.
    const before = process.cpuUsage();
    maskText(word.repeat(Math.ceil(100_000 / word.length)));
    // Quadratic time would take many times as long.
    expect(process.cpuUsage(before).user / 1000, word).toBeLessThan(3000);
  }
});

describe('maskDumped()', () => {
  const volume = (fields: Record<string, unknown>): unknown => ({
    class: 'Volume',
    backend: { volume_backend_name: 'lvm' },
    ovo: {
      'versioned_object.name': 'Volume',
      'versioned_object.namespace': 'cinder',
      'versioned_object.version': '1.9',
      'versioned_object.data': { id: 'v', ...fields },
    },
  });

  test.each([
    ['a field', volume({ provider_auth: 'CHAP user S3cret' })],
    ['JSON in a field', volume({ replication_driver_data: '{"password": "S3cret"}' })],
    ['a URL in a field', volume({ provider_location: 'rbd://user:S3cret@mon/pool' })],
    ['metadata', volume({ metadata: { san_password: 'S3cret' } })],
    ['extra specs', volume({ volume_type: { extra_specs: { access_key: 'S3cret' } } })],
    ['a connector', volume({ volume_attachment: [{ connector: { chap_password: 'S3cret' } }] })],
    ['a key-value', { class: 'KeyValue', key: 'db_password', value: 'S3cret' }],
    ['JSON in a key-value', { class: 'KeyValue', key: 'node', value: '{"chap": {"secret": "S3cret"}}' }],
  ])('marks an object with a secret in %s as masked, so that it cannot be loaded', (_, thing) => {
    const masked = maskDumped(thing);
    expect(JSON.stringify(masked)).not.toContain('S3cret');
    expect(masked).toMatchObject({ masked: true });
    const text = JSON.stringify([masked]);
    expect(() => fileSource(new TextEncoder().encode(text))).toThrow(InvalidDump);
    expect(() => readDump(text)).toThrow(InvalidDump);
  });

  test.each([
    ['Volume', volume({ provider_auth: '***', metadata: { a: 'b' } })],
    ['KeyValue', { class: 'KeyValue', key: 'name', value: '{"a":  1}' }],
  ])('returns an object without secrets unchanged: %s', (_, thing) => {
    expect(maskDumped(thing)).toBe(thing);
  });
});
