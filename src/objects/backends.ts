/** Finds the backend of an object, and checks whether it can be operated on. */
import { backendIn } from '../cinder/host.ts';
import type { VersionedObject } from '../cinder/versioned-object.ts';
import { BackendNotPresent } from '../errors/index.ts';
import type { Backend } from './backend.ts';
import type { Context } from './context.ts';
import type { Resource } from './resource.ts';

/** The backend in a volume's `host`. */
export function backendOfHost(context: Context, volume: VersionedObject): Backend | string {
  return backendNamed(context, volume, backendNameOf(volume));
}

/** The backend's name in a volume's `host`; without an `@`, whatever is before the pool. */
export function backendNameOf(volume: VersionedObject): string {
  const given = volume.get('host');
  const host = typeof given === 'string' ? given : '';
  return backendIn(host) ?? String(host.split('#')[0]);
}

/** The initialised backend of that name, or only the name if the context allows missing backends. */
export function backendNamed(context: Context, object: VersionedObject, name: string): Backend | string {
  const backend = context.backends.get(name);
  if (backend !== undefined) return backend;
  if (!context.settings.fail_on_missing_backend) return name;
  throw new BackendNotPresent(
    name,
    `${object.model.name} ${String(object.get('id'))} is on backend ${name}, which is not initialised. Initialise it ` +
      'with cl.backend(…), or set fail_on_missing_backend to false in setup() to list its objects anyway.',
  );
}

/** The backend's name, whether it is initialised or not. */
export function nameOfBackend(backend: Backend | string): string {
  return typeof backend === 'string' ? backend : backend.id;
}

/** The backend, for an operation whose result is stored: if it could not be stored, the driver must not be called. */
export function writableBackend({ backend, context }: Resource): Backend {
  const initialised = initialisedBackend(backend);
  context.persistence.checkWritable();
  return initialised;
}

/** The backend, for operations that need its driver: objects on a backend known only by name can just be listed. */
export function initialisedBackend(backend: Backend | string): Backend {
  if (typeof backend !== 'string') return backend;
  throw new BackendNotPresent(
    backend,
    `Backend ${backend} is not initialised: its objects can be listed, but not operated on. ` +
      `Initialise it with cl.backend({ volume_backend_name: '${backend}', … }) and read the object again. ` +
      'To remove the object from the storage alone: cl.persistence.deleteVolume(volume), or its like.',
  );
}
