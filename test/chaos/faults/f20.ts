import type { Fault, Step } from '../fault.ts';
import { collect, firstRound, noneSucceeds } from '../steps/runs.ts';
import { feedBehaves } from '../steps/sources.ts';

const LOGINS = 'pages answered with a login page';
const EMPTY = 'times the script had nothing';

const LOGIN = `<!doctype html><html><head><title>Sign in</title></head><body><h1>Sign in</h1>
<form method="post" action="/session"><input name="user"><input name="password" type="password"><button>Log in</button></form></body></html>`;

const signIn: Step = {
  says: 'every page of the site is a login page, with status 200',
  act: async (arena) => {
    arena.site.pretend((_request, response) => {
      arena.count(LOGINS);
      response.writeHead(200, { 'content-type': 'text/html' }).end(LOGIN);
    });
    arena.count(EMPTY, -(await arena.feed.pids()).length);
  },
};

const nothingWasDeleted: Step = {
  says: 'see that nothing was deleted',
  async act(arena) {
    arena.count(EMPTY, (await arena.feed.pids()).length);
    const deletes = arena.cloud.s3.requests
      .all()
      .filter(({ operation }) => operation.startsWith('DeleteObject'));
    if (deletes.length > 0) throw new Error(`${deletes.length} deletions were sent.`);
  },
};

export const f20: Fault = {
  id: 'F20',
  title: 'sources answer empty by mistake',
  workload: { feed: 30, site: 12 },
  script: (random) => [
    firstRound,
    signIn,
    feedBehaves({ empty: true }),
    ...Array.from({ length: random.between(1, 2) }, () => [collect(), noneSucceeds]).flat(),
    nothingWasDeleted,
  ],
  observe: ({ seen }) => ({ [LOGINS]: seen.get(LOGINS) ?? 0, [EMPTY]: seen.get(EMPTY) ?? 0 }),
  heals: 'by the next run',
};
