/** Masks secrets in output: passwords, CHAP secrets, keyrings and the like, wherever they occur. */
import { type Dict, dict, entriesOf, isDict, own } from '../cinder/dict.ts';
import { parseJson } from '../serialization/json-parser.ts';
import { jsonText, spaced } from '../serialization/json-text.ts';
import { MASKED } from '../serialization/load.ts';

/** The text that replaces a secret. */
export const MASK = '***';

/** Names of options and fields whose values are secrets; `secret_uuid` and `secret_type` only refer to one. */
const secretName =
  /passw|passphrase|(?:^|_)pass$|(?:^|_)pw$|pwd|token|keyring|credential|api_?key|private_?key|access_?key|auth_?key|secret(?!_?(?:uuid|type))|^provider_auth$|(?:^|_)key_?data$/i;
/** `scheme://user:password@host` in any text, up to the last `@`: a password may contain one. Schemes are short. */
const passwordInUrl = /(\b[a-z][\w+.-]{0,30}:\/\/[^\s:/@"']*:)(?:(?!:\/\/)[^\s"])+(?=@)/gi;
/** A quoted string, or everything up to the next blank or separator. */
const anyValue = String.raw`(?:"[^"\n]*"|'[^'\n]*'|[^&;,\s"']+)`;
/** `password=…`, as in connection strings and mount options. */
const passwordOption = new RegExp(
  String.raw`((?:^|[?&;,\s])[\w.-]{0,60}(?:passw(?:or)?d|passphrase|pwd|secret|token|\bpass)\s*=\s*)${anyValue}`,
  'gi',
);
/** Names of secrets before a colon, by how they end. */
const secretEnd = String.raw`[\w.-]{0,60}(?:passw(?:or)?d|passphrase|pwd|secret|token|keyring|(?:api|private|access|auth)_?key)`;
/**
 * `'password': '…'` and `password: …`, as written by Python and YAML, and in JSON inside other text or cut off by a
 * column of 255 characters. MySQL's `(using password: YES)` is not a secret.
 */
const passwordPair = new RegExp(
  String.raw`((?:"${secretEnd}"|'${secretEnd}')\s*:\s*|${secretEnd}:[^\S\n]+)(?!(?:YES|NO)\b)` +
    String.raw`(?:"(?:[^"\\\n]|\\.)*"?|'(?:[^'\\\n]|\\.)*'?|[^\s"',}]+)`,
  'gi',
);
/** The key of a Ceph user, by its usual length. */
const keyOfCeph = /(\bkey\s*=\s*)[A-Za-z0-9+/]{38}==/g;
/** Ceph's own file format, in which any key is a secret. */
const keyring = /^\s*\[(?:client|mon|mgr|osd|mds|rgw)\b[^\]\n]*\]/;
const keyInKeyring = /(^\s*key\s*=\s*)\S+/gm;
/** The body of a private key in PEM, perhaps cut off. */
const privateKey = /(-----BEGIN [A-Z ]{0,20}PRIVATE KEY-----)(?:(?!-----END)[\s\S])+/g;
/** As in HTTP's `Authorization`: a token has a digit somewhere, the words after a bearer have not. */
const bearerToken = /(\bBearer\s+)(?=\S{0,200}\d)[\w.~+/=-]+/g;
/** `--password x` and `<password>x</password>`. */
const otherPassword =
  /(--(?:[\w-]{0,30}-)?(?:password|token|secret)\s+|<(?:\w{1,30}[_-])?(?:password|token|secret)>)[^\s<]+/gi;
const patterns = [passwordInUrl, passwordOption, passwordPair, keyOfCeph, privateKey, bearerToken, otherPassword];

/** The value with all secrets masked. Empty values are not secrets. */
export function maskSecrets(value: unknown): unknown {
  if (typeof value === 'string') return maskText(value);
  if (Array.isArray(value)) return value.map(maskSecrets);
  if (!isDict(value)) return value;
  return dict(entriesOf(value).map(([key, inner]) => [key, isSecret(key, inner) ? MASK : maskSecrets(inner)] as const));
}

/** Masks an item of a dump. One with secrets is marked as masked and cannot be loaded; any other is unchanged. */
export function maskDumped(value: unknown): unknown {
  const shown = isDict(value) && own(value, 'class') === 'KeyValue' ? maskKeyValue(value) : maskSecrets(value);
  if (!isDict(shown) || jsonText(shown, spaced) === jsonText(value, spaced)) return value;
  return dict([[MASKED, true], ...entriesOf(shown)]);
}

/** For a key-value, the name that may denote a secret is the key itself. */
function maskKeyValue(pair: Dict): Dict {
  const [key, value] = [String(own(pair, 'key')), own(pair, 'value')];
  return dict([...entriesOf(pair), ['value', isSecret(key, value) ? MASK : maskSecrets(value)]]);
}

/** Masks a text, which may be JSON, as drivers and ember-csi store it in fields and key-values. */
export function maskText(text: string): string {
  if (/^\s*[[{]/.test(text)) {
    try {
      const value = parseJson(text);
      const masked = maskSecrets(value);
      const shown = jsonText(masked, spaced);
      return shown === jsonText(value, spaced) ? text : shown;
    } catch {
      // Not JSON after all.
    }
  }
  const searched = keyring.test(text) ? [...patterns, keyInKeyring] : patterns;
  return searched.reduce((shown, pattern) => shown.replace(pattern, `$1${MASK}`), text);
}

/** Whether the value under this name is to be masked. */
export function isSecret(name: string, value: unknown): boolean {
  return secretName.test(name) && value !== null && value !== undefined && value !== '' && typeof value !== 'boolean';
}
