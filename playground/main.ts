/** The playground: a page that opens a database in the browser and shows its contents. */
import { type Choice, Database } from './database.ts';
import {
  download,
  hideProblem,
  mostVolumes,
  part,
  proposeName,
  showChange,
  showDatabase,
  showInfo,
  showProblem,
  showVolumes,
} from './view.ts';

let database: Database | null = null;

/** Runs a button's task with the button disabled meanwhile, and shows the error if it fails. */
async function perform(button: HTMLButtonElement | null, task: () => Promise<void>): Promise<void> {
  // Not `disabled`: browsers take the focus from a disabled button, and a keyboard user would lose their place.
  if (button?.ariaDisabled === 'true') return;
  hideProblem();
  if (button !== null) button.ariaDisabled = 'true';
  try {
    await task();
  } catch (error) {
    showProblem(error);
  } finally {
    if (button !== null) button.ariaDisabled = null;
  }
}

function onSubmit(id: string, task: (form: HTMLFormElement, data: FormData) => Promise<void>): void {
  const form = part(id, HTMLFormElement);
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    void perform(form.querySelector('button'), () => task(form, new FormData(form)));
  });
}

function onClick(id: string, task: (database: Database) => Promise<void>): void {
  const button = part(id, HTMLButtonElement);
  button.addEventListener('click', () => {
    const open = database;
    if (open !== null) void perform(button, () => task(open));
  });
}

async function refresh(shown: Database): Promise<void> {
  const [volumes, info] = await Promise.all([shown.volumes(mostVolumes + 1), shown.info()]);
  if (shown !== database) return;
  showInfo(shown.choice.database, info);
  showVolumes(
    volumes,
    (volume, button) => void perform(button, () => shown.delete(volume).finally(() => refresh(shown))),
  );
}

/** Shows each change as it arrives, from any tab, until the database is closed. */
async function follow(shown: Database): Promise<void> {
  const update = shareRuns(() => refresh(shown));
  for await (const change of shown.changes()) {
    showChange(change);
    update().catch((error: unknown) => {
      // Closing ends what is still being read.
      if (shown === database) showProblem(error);
    });
  }
}

/** Calls that arrive during a run share the next one: a burst of changes would otherwise redraw the page for each. */
function shareRuns(task: () => Promise<void>): () => Promise<void> {
  let running = Promise.resolve();
  let next: Promise<void> | null = null;
  return () => {
    next ??= running.then(() => {
      next = null;
      const run = task();
      running = run.catch(() => {});
      return run;
    });
    return next;
  };
}

async function open(choice: Choice): Promise<void> {
  const opened = await Database.open(choice);
  database = opened;
  // So that a reload opens the same database.
  const { database: name, medium } = choice;
  history.replaceState(null, '', `?${new URLSearchParams({ database: name, medium })}`);
  showDatabase(true);
  void follow(opened).catch(showProblem);
  await refresh(opened);
}

onSubmit('open', async (form, data) => {
  const from = data.get('from');
  await open({
    database: String(data.get('database')),
    medium: data.get('medium') === 'opfs' ? 'opfs' : 'indexeddb',
    ...(from instanceof File && from.size > 0 && { from }),
  });
  form.reset();
});

part('open', HTMLFormElement).addEventListener('change', ({ target }) => {
  if (target instanceof HTMLInputElement && target.files?.[0] !== undefined) proposeName(target.files[0].name);
});

onSubmit('add', async (form, data) => {
  await database?.add(String(data.get('name')), Number(data.get('size')));
  form.reset();
});

onClick('export', async (shown) => download(await shown.file(), `${shown.choice.database}.sqlite`));

onClick('close', async (shown) => {
  database = null;
  await shown.close();
  history.replaceState(null, '', location.pathname);
  showDatabase(false);
});

const asked = new URLSearchParams(location.search);
const name = asked.get('database');
if (name !== null) {
  void perform(null, () => open({ database: name, medium: asked.get('medium') === 'opfs' ? 'opfs' : 'indexeddb' }));
}
