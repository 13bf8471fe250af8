/** The core's end of the worker boundary: takes commands, returns outcomes, never throws across. */
import * as Comlink from 'comlink';
import type { Answer, Change, ChangesMessage, Command, CoreEndpoint, Outcome } from './contract.ts';
import { toWire } from './errors.ts';

/** Runs commands: a core, or what stands for one. */
export interface CommandRunner {
  call<C extends Command>(command: C): Promise<Answer<C>>;
  /** Sets the listener for the changes of all tabs. A core that is never shared needs none. */
  onChanges?(listener: (changes: readonly Change[]) => void): void;
  /** The page enters the back/forward cache, or returns from it. */
  setAway?(isAway: boolean): void;
}

/** How a worker shares its compiled engine. */
export type EngineSharing = Pick<CoreEndpoint, 'setEngine' | 'engine'>;

/** Exposes a core to the other end of `port`; without one, in a Web Worker, to the page that started it. */
export function serve(core: CommandRunner, engine: EngineSharing, port?: Comlink.Endpoint): void {
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
  const setAway = (isAway: boolean): void => core.setAway?.(isAway);
  Comlink.expose({ ...engine, call, setAway }, port);
}

/** Transfers an exported database instead of copying it. */
function transferred(outcome: { readonly ok: true; readonly value: unknown }): Outcome<unknown> {
  const { value } = outcome;
  return value instanceof Uint8Array ? Comlink.transfer(outcome, [value.buffer]) : outcome;
}
