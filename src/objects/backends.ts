/** Which backend an object is on, and whether anything can be done there. */
import type { VersionedObject } from '../cinder/versioned-object.ts';
import { BackendNotPresent } from '../errors/index.ts';
import type { Backend } from './backend.ts';
import type { Context } from './context.ts';
import type { Resource } from './resource.ts';

/** The backend in a volume's `host`, `machine@backend#pool`: after the last `@`, before the first `#`. */
export function backendOfHost(context: Context, volume: VersionedObject): Backend | string {
  const host = volume.get('host');
  const [beforePool = ''] = typeof host === 'string' ? host.split('#') : [];
  return backendNamed(context, volume, beforePool.slice(beforePool.lastIndexOf('@') + 1));
}

/** The initialised backend of that name; the name alone where the context takes that. */
export function backendNamed(context: Context, object: VersionedObject, name: string): Backend | string {
  const backend = context.backends.get(name);
  if (backend !== undefined) return backend;
  if (!context.settings.fail_on_missing_backend) return name;
  throw new BackendNotPresent(
    name,
    `${object.model.name} ${String(object.get('id'))} is on backend ${name}, which is not initialised. Initialise it ` +
      'with cl.backend(…), or set fail_on_missing_backend to false in setup() to list what is on it all the same.',
  );
}

/** The backend, for an operation that is to be stored: where it could not be, the driver must not even be asked for it. */
export function changeable({ backend, context }: Resource): Backend {
  const operated = operable(backend);
  context.persistence.checkWritable();
  return operated;
}

/** The backend itself, for what needs its driver: a name can be listed and printed, not operated on. */
export function operable(backend: Backend | string): Backend {
  if (typeof backend !== 'string') return backend;
  throw new BackendNotPresent(
    backend,
    `Backend ${backend} is not initialised: what is on it can be listed, not operated on. ` +
      `Initialise it with cl.backend({ volume_backend_name: '${backend}', … }) and read the object again.`,
  );
}
