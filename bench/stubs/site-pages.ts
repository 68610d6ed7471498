/** A site that is the same each time it is made: `path` to its HTML. */
export interface GeneratedSite {
  readonly pages: ReadonlyMap<string, Buffer>;
  readonly robots: string;
  /** What robots.txt forbids begins with it; every page links there. */
  readonly forbidden: string;
}

/**
 * Pages of 15 to 47 KB, as documentation has them: a menu, sections with prose, lists, code and tables, links to the pages below, and
 * some across. Every page is reached from `/`, most by several ways.
 */
export function generateSite(count: number): GeneratedSite {
  const pages = Array.from(
    { length: count },
    (_, page) => [pathOf(page), Buffer.from(pageHtml(page, count))] as const,
  );
  return {
    pages: new Map(pages),
    robots: `User-agent: *\nDisallow: ${FORBIDDEN}\nDisallow: /*?print=\nAllow: /\n`,
    forbidden: FORBIDDEN,
  };
}

const FORBIDDEN = '/private/';
/** Pages below each. */
const BELOW = 8;
const ACROSS = 12;
const IN_MENU = 40;

function pathOf(page: number): string {
  return page === 0 ? '/' : `/docs/chapter-${Math.ceil(page / BELOW)}/page-${page}.html`;
}

function pageHtml(page: number, count: number): string {
  const menu = range(Math.min(IN_MENU, count)).map((at) => `<li>${link(at, `Chapter ${at}`)}</li>`);
  const below = range(BELOW)
    .map((at) => page * BELOW + at + 1)
    .filter((one) => one < count);
  const across = range(ACROSS).map((at) => (page * 7919 + at * 104_729 + 13) % count);
  const parts = range(6 + ((page * 7) % 17)).map((part) => section(page, part));
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Page ${page} of the manual</title>
<meta name="description" content="What page ${page} says"><link rel="stylesheet" href="/style.css"></head>
<body><header><nav><ul>${menu.join('')}</ul></nav></header>
<main><article><h1>Page ${page}</h1>
${parts.join('\n')}
<h2>Below this page</h2><ul>${below.map((one) => `<li>${link(one, `Page ${one}`)}</li>`).join('')}</ul>
<h2>See also</h2><ul>${across.map((one) => `<li>${link(one, `Page ${one}`)}</li>`).join('')}</ul></article></main>
<footer><a href="${FORBIDDEN}edit-${page}.html" rel="nofollow">Edit</a> <a href="https://elsewhere.example.com/${page}">Elsewhere</a>
<a href="mailto:docs@example.com">Write to us</a> <a href="#top">Up</a></footer></body></html>`;
}

function section(page: number, part: number): string {
  const words = `Part ${part} of page ${page} tells how item ${part * 31 + page} is set up, used &amp; removed again`;
  const prose = range(4).map((at) => `${words}, in step ${at} of <em>volume ${part + at}</em>.`);
  const rows = range(6).map(
    (at) => `<tr><td><code>option_${part}_${at}</code></td><td>${words}</td></tr>`,
  );
  const items = range(4).map((at) => `<li><a href="#p${part}-${at}">Item ${at}</a>: ${words}</li>`);
  return `<section id="p${part}"><h2>Part ${part}</h2><p>${prose.join(' ')}</p><ul>${items.join('')}</ul>
<pre><code class="language-js">const value = await load(${page}, ${part});\nif (value === undefined) throw new Error("nothing");</code></pre>
<table><thead><tr><th>Name</th><th>Meaning</th></tr></thead><tbody>${rows.join('')}</tbody></table></section>`;
}

function link(page: number, text: string): string {
  return `<a href="${pathOf(page)}">${text}</a>`;
}

function range(count: number): readonly number[] {
  return Array.from({ length: count }, (_, at) => at);
}
