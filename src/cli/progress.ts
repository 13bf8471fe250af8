/** A progress bar with rate and remaining time. */
import cliProgress from 'cli-progress';
import type { MigrationProgress } from '../migrate/carry.ts';
import type { Terminal } from './terminal.ts';

const phases = { reading: 'Reading', writing: 'Writing', verifying: 'Verifying' } as const;

export class ProgressBar {
  readonly #terminal: Terminal;
  #bar: cliProgress.SingleBar | null = null;
  #phase: MigrationProgress['phase'] | null = null;
  #startedAt = 0;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  show({ phase, done, total }: MigrationProgress): void {
    if (this.#terminal.errorStream.isTTY !== true) return;
    if (phase !== this.#phase) this.#begin(phase, total ?? done);
    const seconds = Math.max((performance.now() - this.#startedAt) / 1000, 0.001);
    if (total === null) this.#bar?.setTotal(Math.max(done, 1));
    this.#bar?.update(done, { rate: Math.round(done / seconds) });
  }

  end(): void {
    this.#bar?.stop();
    this.#bar = null;
    this.#phase = null;
  }

  #begin(phase: MigrationProgress['phase'], total: number): void {
    this.#bar?.stop();
    this.#phase = phase;
    this.#startedAt = performance.now();
    this.#bar = new cliProgress.SingleBar(
      {
        format: `${phases[phase].padEnd(9)} {bar} {percentage}%  {value}/{total}  {rate}/s  {eta_formatted} left`,
        stream: this.#terminal.errorStream,
        hideCursor: true,
        etaBuffer: 50,
        // Ctrl-C is handled by the command, which has more to clean up than this bar.
        gracefulExit: false,
      },
      cliProgress.Presets.shades_classic,
    );
    this.#bar.start(Math.max(total, 1), 0, { rate: 0 });
  }
}
