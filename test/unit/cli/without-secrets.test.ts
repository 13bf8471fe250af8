/** A message about a file is told in full, even if its name is that of a secret; nothing else is exempt from masking. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { maskText } from '../../../src/cli/mask.ts';
import { fileOfError, withoutSecrets } from '../../../src/cli/without-secrets.ts';
import { DatabaseUnavailable, InvalidDump } from '../../../src/errors/index.ts';

const given = (...parameters: string[]) => ({ arguments: parameters });

test.each([
  ['token: The text is not a dump', 'token', 'token: The text is not a dump'],
  ['/etc/passwd: The text', '/etc/passwd', '/etc/passwd: The text'],
  ['Cannot open x/secret: it is a folder', 'x/secret', 'Cannot open x/secret: it is a folder'],
  // Only the name itself is exempt, and only at the beginning.
  ['token: S3cret', null, 'token: ***'],
  ['token: S3cret', 'x/token', 'token: ***'],
  ['token: no token: S3cret', 'token', 'token: no token: ***'],
  ['token: {"token": "S3cret"}', 'token', 'token: {"token": ***}'],
  ['token: mysql://u:S3cret@h/d', 'token', 'token: mysql://u:***@h/d'],
  ['password: S3cret', 'pass', 'password: ***'],
  ['The token: S3cret', 'token', 'The token: ***'],
  ['Cannot read my token: S3cret', 'token', 'Cannot read my token: ***'],
  ['db_token: S3cret', 'token', 'db_token: ***'],
  ['Cannot read password: S3cret: no such file', 'password: S3cret', 'Cannot read password: ***: no such file'],
  ['Cannot read token="S3cret: no such file in "x"', 'token="S3cret', 'Cannot read token=***x"'],
])('%j about the file %j is told as %j', (text, file, told) => {
  expect(withoutSecrets(text, given(), file)).toBe(told);
});

test('without a name at the beginning, a text is masked as always', () => {
  const word = fc.constantFrom(
    'token',
    'password',
    'x',
    ':',
    '=',
    ' ',
    '"',
    "'",
    '{',
    '}',
    '://',
    '@',
    'S3cret',
    '\n',
    'Cannot read ',
  );
  const text = fc.array(word, { maxLength: 12 }).map((words) => words.join(''));
  fc.assert(
    fc.property(text, text, (message, file) => {
      expect(withoutSecrets(message, given())).toBe(maskText(message));
      if (!message.replace(/^Cannot read /, '').startsWith(`${file}: `)) {
        expect(withoutSecrets(message, given(), file)).toBe(maskText(message));
      }
    }),
  );
});

test('whatever a file is called, what follows is masked as if it stood alone', () => {
  const word = fc.constantFrom('token', 'password', 'x', '=', ' ', '"', "'", '://', '@', 'S3cret');
  const text = fc.array(word, { maxLength: 8 }).map((words) => words.join(''));
  fc.assert(
    fc.property(text, text, (file, rest) => {
      const told = withoutSecrets(`${file}: ${rest}`, given(), file);
      const isAlone = told === `${maskText(file)}${maskText(`: ${rest}`)}`;
      expect(isAlone || told === maskText(`${file}: ${rest}`)).toBe(true);
    }),
  );
});

test('fileOfError() knows only files that the command line names', () => {
  const about = (item: string) => Object.assign(new InvalidDump('The text'), { item });
  expect(fileOfError(about('token'), given('ls', 'token'))).toBe('token');
  expect(fileOfError(about('volume token'), given('ls', 'token'))).toBe(null);
  expect(fileOfError(about('token'), given('ls', 'cl.sqlite'))).toBe(null);
  expect(fileOfError(new DatabaseUnavailable('', '/x/token'), given('check', 'sqlite:////x/token'))).toBe('/x/token');
  expect(fileOfError(new DatabaseUnavailable('', 'h/token'), given('ls', 'mysql://u:p@h/token'))).toBe(null);
  expect(fileOfError(new DatabaseUnavailable('', 'token'), given('ls', 'nonsense://token'))).toBe(null);
  expect(fileOfError(new Error('token: S3cret'), given('show', 'x', 'token'))).toBe(null);
});
