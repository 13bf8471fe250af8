/** Has files made and grown by a worker, which lives for as long as that takes. */
import { startScript } from '../../rpc/worker-script.ts';
import type { FileAnswer, FileRequest } from './file-task.ts';

/**
 * Starts the worker, has it do one thing, and ends it.
 *
 * @throws WorkerLost when its script cannot be loaded; else a DOMException, with the browser's word for what was wrong.
 */
export async function fileTask(request: FileRequest): Promise<void> {
  const { worker, notLoaded, loaded } = startScript(
    () => new Worker(new URL('./files.js', import.meta.url), { type: 'module' }),
  );
  try {
    const answer = await new Promise<FileAnswer>((resolve, reject) => {
      worker.addEventListener('message', ({ data }: MessageEvent<FileAnswer>) => resolve(data));
      worker.addEventListener('error', ({ message }) => {
        // An error of the script has a message; a script that was not loaded has none.
        if (message) reject(new Error(message));
        else notLoaded().then(reject, reject);
      });
      worker.postMessage(request);
    });
    loaded();
    if (answer !== null) throw new DOMException(answer.message, answer.name);
  } finally {
    worker.terminate();
  }
}
