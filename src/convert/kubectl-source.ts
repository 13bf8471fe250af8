/** The output of `kubectl get volumes.ember-csi.io,… -o json` as the source of a migration. */
import { type Dict, isDict, own } from '../cinder/dict.ts';
import { InvalidDump } from '../errors/index.ts';
import { ListSource } from '../migrate/list-source.ts';
import { LeftOut } from '../migrate/report.ts';
import { KeyValue } from '../persistence/key-value.ts';
import { readDump } from '../serialization/load.ts';
import { shownText } from '../shown.ts';
import { about, Objects } from './dump-source.ts';

/** The API group; ember-csi was called cinderlib-csi at first, and had the second one, with the same format. */
const group = /^(?:ember-csi\.io|cinderlib\.gorka\.eguileor\.com)\//;

/** Whether a JSON value is a Kubernetes resource, or a list of them. */
export function isKubernetes(value: unknown): value is Dict {
  return isDict(value) && typeof own(value, 'apiVersion') === 'string' && typeof own(value, 'kind') === 'string';
}

/**
 * ember-csi keeps objects as cinderlib's JSON in the annotation `json`, and key-values in `value`, with the name of the
 * resource as key.
 *
 * @throws {InvalidDump} if an ember-csi resource contains no object, or none of the resources is ember-csi's
 */
export function kubectlSource(value: Dict): ListSource {
  const items = own(value, 'items');
  const resources = (Array.isArray(items) ? items : [value]).map(describe);
  if (resources.length > 0 && !resources.some(({ isEmber }) => isEmber)) {
    throw new InvalidDump(
      `No resource in kubectl's output is ember-csi's: ${kinds.join(', ')} of ember-csi.io are expected, ` +
        `not ${[...new Set(resources.map(({ version, kind }) => shownText(`${version} ${kind}`)))].join(', ')}.`,
    );
  }
  const objects = new Objects();
  const left = new LeftOut();
  for (const { kind, name, isEmber, annotations } of resources) {
    if (!isEmber) left.add(kind, name, 'a resource that ember-csi does not keep its data in');
    else if (kind === 'KeyValue') objects.addKeyValue(new KeyValue(name, annotation(annotations, 'value', kind, name)));
    else {
      const text = annotation(annotations, 'json', kind, name);
      about(`${kind} ${JSON.stringify(name)}`, () => {
        for (const item of readDump(text).items) objects.add(item);
      });
    }
  }
  return new ListSource({ ...objects.content, leftOut: left.entries });
}

interface Resource {
  readonly version: string;
  readonly kind: string;
  readonly name: string;
  readonly isEmber: boolean;
  readonly annotations: Dict;
}

const kinds = ['Volume', 'Snapshot', 'Connection', 'KeyValue'];

function describe(resource: unknown): Resource {
  if (!isKubernetes(resource)) throw new InvalidDump("An item in kubectl's list lacks 'apiVersion' or 'kind'.");
  const version = String(own(resource, 'apiVersion'));
  const kind = String(own(resource, 'kind'));
  const metadata = own(resource, 'metadata');
  const name = isDict(metadata) ? own(metadata, 'name') : undefined;
  const annotations = isDict(metadata) ? own(metadata, 'annotations') : undefined;
  return {
    version,
    kind,
    name: typeof name === 'string' ? name : '',
    isEmber: group.test(version) && kinds.includes(kind),
    annotations: isDict(annotations) ? annotations : {},
  };
}

function annotation(annotations: Dict, key: string, kind: string, name: string): string {
  const text = own(annotations, key);
  if (typeof text === 'string') return text;
  throw new InvalidDump(
    `The ${kind} ${JSON.stringify(name)} has no annotation '${key}': it is not in ember-csi's format.`,
  );
}
