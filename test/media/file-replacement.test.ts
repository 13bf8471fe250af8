/** Replacing a database where no native SQLite is available to roll back its journal or checkpoint its log. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { FileReplacement } from '../../src/media/filesystem/file-replacement.ts';
import { copyGolden, inTemporaryFolder } from '../support/golden.ts';

const noKeeper = async (): Promise<null> => null;

test.each(['-journal', '-wal'])('without a native SQLite, a database with a live %s is not replaced', async (kind) => {
  await inTemporaryFolder(async (folder) => {
    const target = copyGolden('one.sqlite', join(folder, 'target.sqlite'));
    const before = readFileSync(target);
    writeFileSync(target + kind, 'what a crash left');
    writeFileSync(`${target}.part`, 'new');
    const replacement = await FileReplacement.begin(target, noKeeper);
    await expect(replacement.put(`${target}.part`)).rejects.toMatchObject({ name: 'DatabaseUnavailable' });
    await replacement.close();
    expect(readFileSync(target).equals(before)).toBe(true);
    expect(readdirSync(folder).sort()).toEqual(['target.sqlite', `target.sqlite${kind}`, 'target.sqlite.part'].sort());
  });
});

test('a file that is no database is replaced without native SQLite, along with the files beside it', async () => {
  await inTemporaryFolder(async (folder) => {
    const target = join(folder, 'target');
    writeFileSync(target, 'a text');
    for (const kind of ['-journal', '-wal', '-shm']) writeFileSync(target + kind, 'what was left');
    writeFileSync(`${target}.part`, 'new');
    const replacement = await FileReplacement.begin(target, async () => expect.unreachable('a keeper was started'));
    await replacement.put(`${target}.part`);
    await replacement.close();
    expect(readdirSync(folder)).toEqual(['target']);
    expect(readFileSync(target, 'utf8')).toBe('new');
  });
});

test('the place of a database can be taken only once, and is not replaced if its file has changed', async () => {
  await inTemporaryFolder(async (folder) => {
    const target = copyGolden('one.sqlite', join(folder, 'target.sqlite'));
    writeFileSync(`${target}.part`, 'new');
    const replacement = await FileReplacement.begin(target, noKeeper);
    await expect(FileReplacement.begin(target, noKeeper)).rejects.toMatchObject({ name: 'DatabaseLocked' });
    writeFileSync(target, Buffer.concat([readFileSync(target), new Uint8Array(4096)]));
    await expect(replacement.put(`${target}.part`)).rejects.toMatchObject({ name: 'DatabaseChanged' });
    await replacement.close();
    await replacement.close();
    expect(readdirSync(folder).sort()).toEqual(['target.sqlite', 'target.sqlite.part']);
  });
});
