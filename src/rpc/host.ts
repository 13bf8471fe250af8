/** The core's end of the boundary: takes commands, answers with outcomes, never throws across. */
import * as Comlink from 'comlink';
import type { Answer, Change, ChangesMessage, Command, Outcome } from './contract.ts';
import { toWire } from './errors.ts';

/** Whatever runs commands: the core. */
export interface CommandRunner {
  call<C extends Command>(command: C): Promise<Answer<C>>;
  /** Takes who is to be told of the changes that any tab makes. A core that is nobody else's has nothing to tell. */
  onChanges?(listener: (changes: readonly Change[]) => void): void;
  /** The page can do nothing for a while, or can again. */
  setAway?(isAway: boolean): void;
}

/** Exposes a core to the other end of a worker's port: in a Web Worker, without one, to the page that started it. */
export function serve(core: CommandRunner, port?: Comlink.Endpoint): void {
  const call = async (command: Command): Promise<Outcome<unknown>> => {
    try {
      return transferred({ ok: true, value: await core.call(command) });
    } catch (error) {
      return { ok: false, error: toWire(error) };
    }
  };
  const tell = (changes: readonly Change[]): void => {
    const message: ChangesMessage = { changes };
    if (port === undefined) postMessage(message);
    else port.postMessage(message);
  };
  core.onChanges?.(tell);
  Comlink.expose({ call, setAway: (isAway: boolean) => core.setAway?.(isAway) }, port);
}

/** An exported database goes over without being copied. */
function transferred(outcome: { readonly ok: true; readonly value: unknown }): Outcome<unknown> {
  const { value } = outcome;
  return value instanceof Uint8Array ? Comlink.transfer(outcome, [value.buffer]) : outcome;
}
