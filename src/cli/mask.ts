/** Hides secrets in what is printed: passwords, CHAP secrets, keyrings and their like, wherever they stand. */
import { type Dict, dict, entriesOf, isDict, own } from '../cinder/dict.ts';
import { parseJson } from '../serialization/json-parser.ts';
import { jsonText, spaced } from '../serialization/json-text.ts';
import { MASKED } from '../serialization/load.ts';

/** What stands for a secret. */
export const MASK = '***';

/** Names of options and fields whose values are secrets; `secret_uuid` and `secret_type` only point to one. */
const secretName =
  /passw|passphrase|(?:^|_)pass$|(?:^|_)pw$|pwd|token|keyring|credential|api_?key|private_?key|access_?key|auth_?key|secret(?!_?(?:uuid|type))|^provider_auth$|(?:^|_)key_?data$/i;
/** `scheme://user:password@host`, in any text: up to the last `@`, for a password may hold one. Schemes are short. */
const passwordInUrl = /(\b[a-z][\w+.-]{0,30}:\/\/[^\s:/@"']*:)(?:(?!:\/\/)[^\s"])+(?=@)/gi;
/** A text in quotes, or what stands up to the next blank or separator. */
const anyValue = String.raw`(?:"[^"\n]*"|'[^'\n]*'|[^&;,\s"']+)`;
/** `password=…`, as connection strings and options of mounts have it. */
const passwordOption = new RegExp(
  String.raw`((?:^|[?&;,\s])[\w.-]{0,60}(?:passw(?:or)?d|passphrase|pwd|secret|token|\bpass)\s*=\s*)${anyValue}`,
  'gi',
);
/** How names of secrets end, where a text has a name before a colon. */
const secretEnd = String.raw`[\w.-]{0,60}(?:passw(?:or)?d|passphrase|pwd|secret|token|keyring|(?:api|private|access|auth)_?key)`;
/**
 * `'password': '…'` and `password: …`, as Python and YAML write them, and JSON inside of other text, or cut off, as columns
 * of 255 characters have it. MySQL says `(using password: YES)`.
 */
const passwordPair = new RegExp(
  String.raw`((?:"${secretEnd}"|'${secretEnd}')\s*:\s*|${secretEnd}:[^\S\n]+)(?!(?:YES|NO)\b)` +
    String.raw`(?:"(?:[^"\\\n]|\\.)*"?|'(?:[^'\\\n]|\\.)*'?|[^\s"',}]+)`,
  'gi',
);
/** The key of a user of Ceph, as keyrings hold it. */
const keyOfCeph = /(\bkey\s*=\s*)[A-Za-z0-9+/]{38}==/g;

/** The value with a mask in the place of each secret. Emptiness is no secret. */
export function maskSecrets(value: unknown): unknown {
  if (typeof value === 'string') return maskText(value);
  if (Array.isArray(value)) return value.map(maskSecrets);
  if (!isDict(value)) return value;
  return dict(entriesOf(value).map(([key, inner]) => [key, isSecret(key, inner) ? MASK : maskSecrets(inner)] as const));
}

/** A thing of a dump without its secrets. One that had some says so, and is not loaded; one without is given back. */
export function maskDumped(value: unknown): unknown {
  const shown = isDict(value) && own(value, 'class') === 'KeyValue' ? maskKeyValue(value) : maskSecrets(value);
  if (!isDict(shown) || jsonText(shown, spaced) === jsonText(value, spaced)) return value;
  return dict([[MASKED, true], ...entriesOf(shown)]);
}

/** The name of the secret is the key, which is no name of a field. */
function maskKeyValue(pair: Dict): Dict {
  const [key, value] = [String(own(pair, 'key')), own(pair, 'value')];
  return dict([...entriesOf(pair), ['value', isSecret(key, value) ? MASK : maskSecrets(value)]]);
}

/** A text may be JSON, as drivers and ember-csi keep it in fields and key-values. */
export function maskText(text: string): string {
  if (/^\s*[[{]/.test(text)) {
    try {
      const value = parseJson(text);
      const masked = maskSecrets(value);
      const shown = jsonText(masked, spaced);
      return shown === jsonText(value, spaced) ? text : shown;
    } catch {
      // It only looked like JSON.
    }
  }
  const patterns = [passwordInUrl, passwordOption, passwordPair, keyOfCeph];
  return patterns.reduce((shown, pattern) => shown.replace(pattern, `$1${MASK}`), text);
}

/** Whether what stands under this name is to be hidden. */
export function isSecret(name: string, value: unknown): boolean {
  return secretName.test(name) && value !== null && value !== undefined && value !== '' && typeof value !== 'boolean';
}
