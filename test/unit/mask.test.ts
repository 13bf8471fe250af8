/** What is a secret, what only looks like one, and that nothing else is touched. */
import { describe, expect, test } from 'vitest';
import { maskSecrets, maskText } from '../../src/cli/mask.ts';

describe('names of secrets', () => {
  test.each([
    ...['password', 'auth_password', 'discovery_auth_password', 'san_password', 'netapp_password', 'passwd', 'pwd'],
    ...['secret', 'chap_secret', 'client_secret', 'token', 'auth_token', 'keyring', 'api_key', 'apikey', 'privateKey'],
    ...['access_key', 'passphrase', 'credentials', 'provider_auth', 'storage_pw'],
  ])('%s', (name) => {
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
  ])('%s is none', (name) => {
    expect(maskSecrets({ [name]: 'shown' })).toEqual({ [name]: 'shown' });
  });

  test('without a value hide nothing', () => {
    const value = { password: null, secret: '', token: false };
    expect(maskSecrets(value)).toEqual(value);
  });
});

describe('texts', () => {
  test.each([
    ['mysql://u:S3cret@h/d', 'mysql://u:***@h/d'],
    ['see postgresql+psycopg2://u:S3cret@h:1/d, or http://h', 'see postgresql+psycopg2://u:***@h:1/d, or http://h'],
    ['host=h password=S3cret user=u', 'host=h password=*** user=u'],
    ['http://h/?token=S3cret&x=1', 'http://h/?token=***&x=1'],
    ['{"conn": {"auth_password": "S3cret", "n": 1.0}}', '{"conn": {"auth_password": "***", "n": 1.0}}'],
    ['[{"keyring": "S3cret"}]', '[{"keyring": "***"}]'],
  ])('%s', (text, masked) => {
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
  ])('%j stays', (text) => {
    expect(maskText(text)).toBe(text);
  });
});
