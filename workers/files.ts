/** The Web Worker that creates and extends the files of volumes, in browsers. */
import type { FileRequest } from '../src/drivers/file/file-task.ts';
import { doFileTask } from '../src/drivers/file/opfs-files.ts';

addEventListener('message', async ({ data }: MessageEvent<FileRequest>) => postMessage(await doFileTask(data)));
