/** Attaches what this host can already access: a file, or a device that needs no network. */
import type { Dict } from '../cinder/dict.ts';
import { DeviceUnavailable } from '../errors/index.ts';
import { builtin, privateFiles } from '../runtime.ts';
import type { Device, HostConnector } from './connector.ts';

const inBrowser = 'opfs:/';

export class LocalConnector implements HostConnector {
  connectVolume(data: Dict): Device {
    return { type: data['device_type'] === 'file' ? 'file' : 'block', path: devicePath(data) };
  }

  disconnectVolume(): void {}

  async checkValidDevice(path: string | null): Promise<boolean> {
    return path !== null && (await sizeAt(path)) !== null;
  }

  async extendVolume(data: Dict): Promise<number | null> {
    return sizeAt(devicePath(data));
  }
}

function devicePath(data: Dict): string {
  const path = data['device_path'];
  if (typeof path === 'string' && path !== '') return path;
  throw new DeviceUnavailable(
    `The connection data of the protocol local must have a device_path, not ${String(path)}.`,
  );
}

/** The size of a readable file or device in bytes; null if it cannot be read. */
async function sizeAt(path: string): Promise<number | null> {
  try {
    return path.startsWith(inBrowser) ? await opfsSize(path.slice(inBrowser.length)) : await hostSize(path);
  } catch {
    return null;
  }
}

async function hostSize(path: string): Promise<number | null> {
  const file = await builtin('node:fs')?.promises.open(path, 'r');
  if (file === undefined) return null;
  try {
    const stat = await file.stat();
    if (stat.isFile()) return stat.size;
    // `stat` reports no size for a block device, so find its end by binary search with reads.
    return await endOf((at) => file.read(new Uint8Array(1), 0, 1, at).then(({ bytesRead }) => bytesRead > 0));
  } finally {
    await file.close();
  }
}

async function opfsSize(path: string): Promise<number> {
  const parts = path.split('/');
  const name = parts.pop() ?? '';
  let folder = await privateFiles()?.();
  if (folder === undefined) throw new DeviceUnavailable('There is no private file system (OPFS) here.');
  for (const part of parts) folder = await folder.getDirectoryHandle(part);
  const handle = await folder.getFileHandle(name);
  return (await handle.getFile()).size;
}

/** The first offset at which nothing can be read. */
async function endOf(readable: (at: number) => Promise<boolean>): Promise<number> {
  let [end, beyond] = [0, 1];
  while (await readable(beyond - 1)) [end, beyond] = [beyond, beyond * 2];
  while (end < beyond) {
    const middle = Math.floor((end + beyond) / 2);
    if (await readable(middle)) end = middle + 1;
    else beyond = middle;
  }
  return end;
}
