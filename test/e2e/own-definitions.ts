import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/** Replaces the example sources of a `wellspring.yaml` that `init` wrote, as a person does in an editor; all above stays. */
export async function editSources(file: string, sources: string): Promise<void> {
  const text = await readFile(file, 'utf8');
  const head = text.slice(0, text.indexOf('\nsources:'));
  await writeFile(file, `${head}\nsources:\n${sources}`);
}

/** A SQLite database `notes.db` with a table `notes`: "Note 1" and so on. */
export function writeNotes(folder: string, count: number): void {
  const database = new DatabaseSync(join(folder, 'notes.db'));
  database.exec(
    'create table notes (id integer primary key, title text not null, body text not null)',
  );
  const insert = database.prepare('insert into notes (id, title, body) values (?, ?, ?)');
  for (let id = 1; id <= count; id += 1)
    insert.run(id, `Note ${id}`, `The marmot of note ${id} sleeps.`);
  database.close();
}

export function removeNote(folder: string, id: number): void {
  const database = new DatabaseSync(join(folder, 'notes.db'));
  database.prepare('delete from notes where id = ?').run(id);
  database.close();
}

export const NOTES = `
  - id: notes
    type: database
    schedule: every 1 hour
    category: notes
    config: { url: "sqlite:notes.db", table: notes, title: title, body: [body] }
`;

/** A script `people.mjs` that tells of the people in `people.json` beside it. */
export async function writePeople(folder: string, count: number): Promise<void> {
  const people = Array.from({ length: count }, (_, at) => `Person ${at + 1}`);
  await writeFile(join(folder, 'people.json'), JSON.stringify(people));
  await writeFile(join(folder, 'people.mjs'), PEOPLE_SCRIPT);
}

const PEOPLE_SCRIPT = `import { readFileSync } from 'node:fs';
for (const name of JSON.parse(readFileSync('people.json', 'utf8')))
  console.log(JSON.stringify({ kind: 'document', id: name, title: name, content: name + ' likes otters.' }));
console.log(JSON.stringify({ kind: 'listing', complete: true }));
`;

export const PEOPLE = `
  - id: people
    type: script
    schedule: every 1 hour
    category: people
    config: { command: [node, people.mjs], cwd: . }
`;

/** A source of the type `script` that runs one line of JavaScript. */
export function scriptSource(id: string, code: string): string {
  return `
  - id: ${id}
    type: script
    schedule: every 1 hour
    category: scripts
    config: { command: [node, -e, ${JSON.stringify(code)}] }
`;
}

export function databaseSource(id: string, url: string, table: string): string {
  return `
  - id: ${id}
    type: database
    schedule: every 1 hour
    category: databases
    limits: { timeout: "12 seconds" }
    config: { url: ${JSON.stringify(url)}, table: ${table} }
`;
}

export function httpSource(id: string, url: string): string {
  return `
  - id: ${id}
    type: http
    schedule: every 1 hour
    category: pages
    config: { urls: [${JSON.stringify(url)}] }
`;
}
