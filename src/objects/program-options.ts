/** Backend options that name a program: the author of a dump must not choose what this host runs, possibly as root. */
import { volumeDriverClass } from '../drivers/registry.ts';
import { InvalidDump } from '../errors/index.ts';
import { shownText } from '../shown.ts';
import type { BackendOptions } from './backend.ts';
import type { ContextSettings } from './context.ts';

/**
 * Refuses a dumped backend whose options would run a different program than the defaults.
 *
 * @throws InvalidDump for such an option, VolumeDriverNotFound for an unknown driver.
 */
export async function refusePrograms(given: BackendOptions, { root_helper }: ContextSettings): Promise<void> {
  const { options } = await volumeDriverClass(given.volume_driver);
  const leading = Object.entries(options).filter(([, { runs }]) => runs === true);
  const usual = new Map<string, unknown>(leading.map(([name, option]) => [name, option.default]));
  // Every driver gets this option, whether it lists it or not.
  usual.set('root_helper', root_helper);
  for (const [name, value] of usual) {
    const wanted = Object.hasOwn(given, name) ? given[name] : null;
    if (wanted === null || wanted === undefined || wanted === value) continue;
    throw new InvalidDump(
      `The backend ${shownText(given.volume_backend_name)} of the dump sets the option ${name}, which chooses what ` +
        'program runs; a dump may not do that. If you trust it, initialise the backend with cl.backend() first.',
    );
  }
}
