import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface HtmlPages {
  readonly pages: readonly string[];
  /** Where they are from, for the report. */
  readonly origin: string;
}

/** Real pages of the test material, or generated ones where it is not there. */
export function htmlPages(count: number, materials: string | undefined): HtmlPages {
  if (materials !== undefined && existsSync(join(materials, 'pages'))) {
    const pages = [
      ...filesNamed(materials, 'pages', 'source.html'),
      ...filesNamed(materials, 'drift', 'good.html'),
      ...filesNamed(materials, 'drift', 'broken.html'),
    ];
    const distinct = [...new Set(pages.map((file) => readFileSync(file, 'utf8')))].slice(0, count);
    return { pages: distinct, origin: 'real pages of the test material' };
  }
  console.error('SKIPPED: real pages. Set TEST_MATERIALS to the folder of test materials.');
  const pages = Array.from({ length: count }, (_, number) => generated(number));
  return { pages, origin: 'generated pages' };
}

function filesNamed(materials: string, folder: string, name: string): readonly string[] {
  return readdirSync(join(materials, folder))
    .toSorted()
    .map((one) => join(materials, folder, one, name))
    .filter((file) => existsSync(file));
}

function generated(number: number): string {
  const section = (part: number): string => {
    const words = `Part ${part} of page ${number} tells how item ${part * number} is set up, used &amp; removed`;
    return `<section class="part"><h2 id="p${part}">Part ${part}</h2><p>${`${words}. <a href="/p/${part}">More</a> in <em>volume ${part}</em>. `.repeat(5)}</p>
<ul>${`<li><code>option_${part}</code> ${words}</li>`.repeat(6)}</ul><pre><code class="language-js">const a = ${part};\nrun(a);</code></pre>
<table><tr><th>Name</th><th>Value</th></tr>${`<tr><td>${part}</td><td>${words}</td></tr>`.repeat(8)}</table></section>`;
  };
  const menu = Array.from({ length: 60 }, (_, at) => `<li><a href="/m/${at}">Entry ${at}</a></li>`);
  const parts = Array.from({ length: 8 }, (_, part) => section(part));
  return `<!doctype html><html lang="en"><head><title>Page ${number}</title></head><body><nav><ul>${menu.join('')}</ul></nav><main><h1>Page ${number}</h1>${parts.join('')}</main></body></html>`;
}

/** Small inputs that break converters, by what is odd about them. */
export const NASTY: ReadonlyMap<string, string> = new Map([
  ['nothing', ''],
  ['20,000 levels', `${'<div>'.repeat(20_000)}deep text`],
  ['20,000 levels of an unknown element', `${'<x-y>'.repeat(20_000)}deep text`],
  ['500 nested quotes', `${'<blockquote>'.repeat(500)}quoted text`],
  ['200 nested lists', `${'<ul><li>item '.repeat(200)}last`],
  ['nothing is closed', '<p>one<p><b>two<i>three<table><tr><td>four<td>five<ul><li>six'],
  ['crossed elements', '<b><i>one</b>two</i><p><a href="/x"><div>three</a></div>four'],
  ['a table in a table', '<table><tr><td>one<table><tr><td>two<td>three</table><td>four</table>'],
  ['huge spans', '<table><tr><td rowspan=65000 colspan=1000>one<td>two<tr><td>three</table>'],
  ['half a tag', 'one <b>two</b> <a href="x'],
  ['odd entities', '&nbsp;one &amp;amp; &#0; &#x110000; &unknown; &lt;b&gt; two &copy'],
  ['script that looks like markup', 'one <script>"<p>no</p>"</script><style>p{}</style> two'],
  ['a comment without an end', 'one <b>two</b> <!-- three <p>four'],
  ['100,000 backticks', `<pre>${'`'.repeat(100_000)}</pre>text`],
]);
