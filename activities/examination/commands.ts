/** A command of ours, as a sentence names it. */
export function command(rest: string): string {
  return `"npm run cli -- ${rest}"`;
}

/** A command that names a document: its id as a shell takes it. */
export function documentCommand(verb: string, source: string, id: string, options = ''): string {
  const safe = /^[\w./:@%+=,-]+$/.test(id) ? id : `'${id.replaceAll("'", String.raw`'\''`)}'`;
  return command(`${verb} ${source} ${safe}${options === '' ? '' : ` ${options}`}`);
}

/** A command of Temporal's own CLI. */
export function temporalCommand(rest: string): string {
  return `"npm run temporal -- ${rest}"`;
}
