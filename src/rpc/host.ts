/** The core's end of the boundary: takes commands, answers with outcomes, never throws across. */
import * as Comlink from 'comlink';
import type { Answer, Command, Outcome } from './contract.ts';
import { toWire } from './errors.ts';

/** Whatever runs commands: the core. */
export interface CommandRunner {
  call<C extends Command>(command: C): Promise<Answer<C>>;
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
  Comlink.expose({ call }, port);
}

/** An exported database goes over without being copied. */
function transferred(outcome: { readonly ok: true; readonly value: unknown }): Outcome<unknown> {
  const { value } = outcome;
  return value instanceof Uint8Array ? Comlink.transfer(outcome, [value.buffer]) : outcome;
}
