/** Workers whose script fails, or is not started: nothing is kept that was there to find out why. */
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

test('a script that fails leaves no listener on the page', async () => {
  const listeners = new Set<unknown>();
  vi.stubGlobal('Worker', FailingWorker);
  vi.stubGlobal('document', {
    addEventListener: (_: string, listener: unknown) => void listeners.add(listener),
    removeEventListener: (_: string, listener: unknown) => void listeners.delete(listener),
  });
  await expect(fileTask({ path: [], task: { kind: 'prepare' } })).rejects.toThrow('a word it does not know');
  expect(listeners.size).toBe(0);
});

test('a script of another origin that may not be started leaves nothing either', () => {
  const made = new Set<string>();
  vi.stubGlobal('location', { origin: 'https://page.example' });
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
