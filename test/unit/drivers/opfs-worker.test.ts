/** Workers whose script fails or cannot start: the listeners and URLs that report the reason are removed. */
import { afterEach, expect, test, vi } from 'vitest';
import { fileTask } from '../../../src/drivers/file/opfs-worker.ts';
import { startScript } from '../../../src/rpc/worker-script.ts';

afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

class FailingWorker extends EventTarget {
  postMessage(): void {
    setImmediate(() => this.dispatchEvent(Object.assign(new Event('error'), { message: 'a word it does not know' })));
  }

  terminate(): void {}
}

test('fileTask() leaves no listener on the page if the script fails', async () => {
  const listeners = new Set<unknown>();
  vi.stubGlobal('Worker', FailingWorker);
  vi.stubGlobal('document', {
    addEventListener: (_: string, listener: unknown) => void listeners.add(listener),
    removeEventListener: (_: string, listener: unknown) => void listeners.delete(listener),
  });
  await expect(fileTask({ path: [], task: { kind: 'prepare' } })).rejects.toThrow('a word it does not know');
  expect(listeners.size).toBe(0);
});

test('startScript() leaves no URL behind if a script of another origin may not start', () => {
  const made = new Set<string>();
  vi.stubGlobal('origin', 'https://page.example');
  vi.stubGlobal(
    'Worker',
    class {
      constructor() {
        throw new Error('not allowed');
      }
    },
  );
  vi.spyOn(URL, 'createObjectURL').mockImplementation(() => {
    made.add('blob:1');
    return 'blob:1';
  });
  vi.spyOn(URL, 'revokeObjectURL').mockImplementation((url) => void made.delete(url));
  expect(() => startScript(() => new Worker('https://cdn.example/files.js'))).toThrow('not allowed');
  expect(made.size).toBe(0);
});
