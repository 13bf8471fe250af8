/** A context whose driver and storage record their calls in one list. */
import { type Backend, type Cinderlib, registerVolumeDriver, setup } from 'cinderlib-wasm';
import { type Log, RecordingPersistence, recordingDriver, type Script } from './recorder.ts';

export interface RecordedContext {
  readonly log: Log;
  readonly script: Script;
  readonly persistence: RecordingPersistence;
  readonly cl: Cinderlib;
  readonly backend: Backend;
}

/** Opens one on the host `h`, with the backend `b`. */
export async function recordedContext(): Promise<RecordedContext> {
  const log: Log = [];
  const script: Script = new Map();
  registerVolumeDriver('recording', recordingDriver(log, script));
  const persistence = new RecordingPersistence(log);
  const cl = await setup({ persistence_config: { storage: persistence }, host: 'h' });
  const backend = await cl.backend({ volume_backend_name: 'b', volume_driver: 'recording' });
  return { log, script, persistence, cl, backend };
}
