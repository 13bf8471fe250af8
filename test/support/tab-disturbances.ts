/** What happens to tabs in the wild, done on purpose to a tab of a real browser. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Browser } from './browsers/browser.ts';
import type { Tab } from './tab.ts';

export interface Disturbance {
  readonly name: string;
  /** Affects every tab of the same process. */
  readonly ofProcess: boolean;
  /** Whether the tab survives, frozen until `end`. */
  readonly freezes: boolean;
  begin(tab: Tab, process: number): Promise<void>;
  /** Lets the tab continue. */
  end(tab: Tab, process: number): Promise<void>;
}

const nothing = async (): Promise<void> => {};
const signal =
  (name: NodeJS.Signals) =>
  async (_: Tab, pid: number): Promise<void> =>
    void process.kill(pid, name);

const ends = { ofProcess: false, freezes: false, end: nothing };
const freezes = { ofProcess: false, freezes: true };
const everywhere: readonly Disturbance[] = [
  { ...ends, name: 'tab closed', begin: (tab) => tab.page.close() },
  { ...ends, name: 'worker ended', begin: (tab) => tab.killWorker() },
  { ...ends, ofProcess: true, name: 'process killed', begin: signal('SIGKILL') },
  { ...freezes, ofProcess: true, name: 'process stopped', begin: signal('SIGSTOP'), end: signal('SIGCONT') },
];
const inChromium: readonly Disturbance[] = [
  {
    ...freezes,
    name: 'page frozen',
    begin: async (tab) => tab.page.freeze?.(true),
    end: async (tab) => tab.page.freeze?.(false),
  },
  {
    ...freezes,
    name: 'worker in the debugger',
    begin: async (tab) => tab.page.pauseWorker?.(true),
    end: async (tab) => tab.page.pauseWorker?.(false),
  },
];

export function disturbancesOf({ name }: Browser): readonly Disturbance[] {
  return name === 'chromium' ? [...everywhere, ...inChromium] : everywhere;
}

/** Closes tabs whose process may be gone, so that pending evaluations in them are rejected. */
export async function bury(tabs: readonly Tab[]): Promise<void> {
  await Promise.all(tabs.map(({ page }) => Promise.race([page.close().catch(() => {}), sleep(5000)])));
}
