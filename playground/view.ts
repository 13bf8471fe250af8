/** Finds the parts of the page and fills them. */
import type { Change, ContextInfo, Volume } from 'cinderlib-wasm';

/** How many changes stay on the page. */
const mostChanges = 200;

/** How many volumes are listed: many thousands of rows would freeze the page. */
export const mostVolumes = 500;

/** How many characters of a text are shown: a name in the database may have a million. */
const mostCharacters = 200;

export function part<E extends HTMLElement>(id: string, type: new () => E): E {
  const found = document.getElementById(id);
  if (!(found instanceof type)) throw new Error(`The page has no element ${id}.`);
  return found;
}

function element(name: string, text: string): HTMLElement {
  const made = document.createElement(name);
  made.textContent = text;
  return made;
}

export function showProblem(error: unknown): void {
  const problem = part('problem', HTMLElement);
  problem.textContent = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  problem.hidden = false;
  problem.scrollIntoView({ block: 'nearest' });
}

export function hideProblem(): void {
  part('problem', HTMLElement).hidden = true;
}

/** A file creates a new database: it gets the file's name, unless another name has been typed. */
export function proposeName(file: string): void {
  const input = part('name', HTMLInputElement);
  const proposed = file.replace(/\.\w+$/, '').match(/[\w.-]+/g);
  if (proposed !== null && [input.defaultValue, input.dataset['proposed']].includes(input.value)) {
    input.value = proposed.join('-');
    input.dataset['proposed'] = input.value;
  }
}

export function showDatabase(isOpen: boolean): void {
  const form = part('open', HTMLFormElement);
  const database = part('database', HTMLElement);
  const [hidden, shown] = isOpen ? [form, database] : [database, form];
  const hadFocus = hidden.contains(document.activeElement);
  hidden.hidden = true;
  shown.hidden = false;
  if (hadFocus) shown.querySelector('h2')?.focus();
  if (isOpen) return;
  part('changes', HTMLElement).replaceChildren();
  part('unchanged', HTMLElement).hidden = false;
  part('volumes', HTMLElement).replaceChildren();
}

export function showInfo(name: string, info: ContextInfo): void {
  const lines: readonly [string, string][] = [
    ['Name', name],
    ['Storage', info.medium ?? ''],
    ['Durability', info.durability ?? ''],
    ['Persistent', info.persisted ? 'yes' : 'no: the browser may evict it'],
    ['This tab', info.leader ? 'leader' : 'follower'],
    ['Size', `${((info.size ?? 0) / 1024).toLocaleString()} KiB`],
    ['Schema', info.revision ?? ''],
  ];
  part('about', HTMLElement).replaceChildren(
    ...lines.map(([term, text]) => {
      const line = document.createElement('div');
      line.append(element('dt', term), element('dd', text));
      return line;
    }),
  );
}

type OnDelete = (volume: Volume, button: HTMLButtonElement) => void;

/** @param volumes at most one more than {@link mostVolumes}, which says that there are more */
export function showVolumes(volumes: readonly Volume[], onDelete: OnDelete): void {
  part('empty', HTMLElement).hidden = volumes.length > 0;
  part('more', HTMLElement).hidden = volumes.length <= mostVolumes;
  const list = part('volumes', HTMLElement);
  const before = [...list.children];
  const focused = before.findIndex((line) => line.contains(document.activeElement));
  const lines = volumes.slice(0, mostVolumes).map((volume) => row(volume, onDelete));
  list.replaceChildren(...lines);
  // The rows are new: the focus stays on its volume, or moves to the one that took its place.
  if (focused < 0) return;
  const same = lines.find(({ id }) => id === before[focused]?.id) ?? lines[focused] ?? lines.at(-1);
  (same?.querySelector('button') ?? part('volumes-title', HTMLElement)).focus();
}

function row(volume: Volume, onDelete: OnDelete): HTMLElement {
  const name = shortened(volume.name || volume.id);
  const backend = shortened(typeof volume.backend === 'string' ? volume.backend : volume.backend.id);
  const created = String(volume.created_at ?? '')
    .slice(0, 19)
    .replace('T', ' ');
  const remove = document.createElement('button');
  remove.className = 'quiet';
  remove.textContent = 'Delete';
  remove.setAttribute('aria-label', `Delete ${name}`);
  remove.addEventListener('click', () => onDelete(volume, remove));
  const made = document.createElement('tr');
  made.id = `volume-${volume.id}`;
  const [first, last] = [document.createElement('td'), document.createElement('td')];
  const label = element('span', name);
  label.title = name;
  first.append(label);
  last.append(remove);
  const texts = [String(volume.size), shortened(volume.status ?? ''), backend, created];
  made.append(first, ...texts.map((text) => element('td', text)), last);
  return made;
}

function shortened(text: string): string {
  return text.length > mostCharacters ? `${text.slice(0, mostCharacters)}…` : text;
}

export function showChange({ kind, id, action, here }: Change): void {
  const list = part('changes', HTMLElement);
  const line = element('li', `${action} ${kind} ${shortened(id)}${here ? '' : ' (another tab)'}`);
  if (!here) line.className = 'elsewhere';
  part('unchanged', HTMLElement).hidden = true;
  list.prepend(line);
  while (list.childElementCount > mostChanges) list.lastElementChild?.remove();
}

export function download(file: Blob, name: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(file);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
