/** What is on the page: finds its parts and fills them. */
import type { Change, ContextInfo, Volume } from 'cinderlib-wasm';

/** Changes that stay on the page. */
const mostChanges = 200;

export function part<E extends HTMLElement>(id: string, type: new () => E): E {
  const found = document.getElementById(id);
  if (!(found instanceof type)) throw new Error(`The page has no part ${id}.`);
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
}

export function hideProblem(): void {
  part('problem', HTMLElement).hidden = true;
}

export function showDatabase(isOpen: boolean): void {
  part('open', HTMLFormElement).hidden = isOpen;
  part('database', HTMLElement).hidden = !isOpen;
  if (isOpen) return;
  part('changes', HTMLElement).replaceChildren();
  part('volumes', HTMLElement).replaceChildren();
}

export function showInfo(name: string, info: ContextInfo): void {
  const lines: readonly [string, string][] = [
    ['Name', name],
    ['Kept in', info.medium ?? ''],
    ['Durability', info.durability ?? ''],
    ['Kept for good', info.persisted ? 'yes' : 'not promised by the browser'],
    ['This tab', info.leader ? 'leads' : 'follows another'],
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

export function showVolumes(volumes: readonly Volume[], onDelete: (volume: Volume) => void): void {
  part('empty', HTMLElement).hidden = volumes.length > 0;
  part('volumes', HTMLElement).replaceChildren(...volumes.map((volume) => row(volume, onDelete)));
}

function row(volume: Volume, onDelete: (volume: Volume) => void): HTMLElement {
  const name = volume.name || volume.id;
  const backend = volume.host?.split('@')[1]?.split('#')[0] ?? '';
  const created = String(volume.created_at ?? '')
    .slice(0, 19)
    .replace('T', ' ');
  const remove = document.createElement('button');
  remove.className = 'quiet';
  remove.textContent = 'Delete';
  remove.setAttribute('aria-label', `Delete ${name}`);
  remove.addEventListener('click', () => {
    remove.disabled = true;
    onDelete(volume);
  });
  const made = document.createElement('tr');
  const last = document.createElement('td');
  last.append(remove);
  made.append(
    ...[name, String(volume.size), volume.status ?? '', backend, created].map((text) => element('td', text)),
    last,
  );
  return made;
}

export function showChange({ kind, id, action, here }: Change): void {
  const list = part('changes', HTMLElement);
  const line = element('li', `${action} ${kind} ${id}${here ? '' : ' (another tab)'}`);
  if (!here) line.className = 'elsewhere';
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
