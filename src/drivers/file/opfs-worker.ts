/** Has files made and grown by a worker, which lives for as long as that takes. */
import { onWorkerError, startScript } from '../../rpc/worker-script.ts';
import type { FileAnswer, FileRequest } from './file-task.ts';

/**
 * Starts the worker, has it do one thing, and ends it.
 *
 * @throws WorkerLost when its script cannot be loaded; else a DOMException, with the browser's word for what was wrong.
 */
export async function fileTask(request: FileRequest): Promise<void> {
  const script = startScript(() => new Worker(new URL('./files.js', import.meta.url), { type: 'module' }));
  const { worker } = script;
  try {
    const answer = await new Promise<FileAnswer>((resolve, reject) => {
      worker.addEventListener('message', ({ data }: MessageEvent<FileAnswer>) => resolve(data));
      onWorkerError(worker, script, reject);
      worker.postMessage(request);
    });
    if (answer !== null) throw new DOMException(answer.message, answer.name);
  } finally {
    script.loaded();
    worker.terminate();
  }
}
