import { expect, test } from 'vitest';
import { htmlToMarkdown } from '../../../adapters/extraction/markdown.ts';

test.each([
  ['<h2>Title</h2><p>Text <b>bold</b> <i>it</i></p>', '## Title\n\nText **bold** _it_'],
  ['<ul><li>a</li><li>b</li></ul>', '-   a\n-   b'],
  [
    '<pre><code class="language-js">let a_b = "<p>";\n</code></pre>'.replace('<p>', '&lt;p&gt;'),
    '```js\nlet a_b = "<p>";\n```',
  ],
  ['<pre>has ``` inside</pre>', '````\nhas ``` inside\n````'],
  ['<p>snake_case and a[0] stay</p>', 'snake_case and a[0] stay'],
  ['<p># no heading</p><p>1. no list</p>', '\\# no heading\n\n1\\. no list'],
  ['<a href="https://a.example/x (1)">go</a>', '[go](https://a.example/x%20%281%29)'],
  ['<a href="javascript:alert(1)">go</a>', 'go'],
  ['<h2>T<a class="headerlink" href="https://a.example/#t">¶</a></h2>', '## T'],
  ['<h2>Designed to<br>be <b>redesigned</b></h2>', '## Designed to be **redesigned**'],
  ['<img src="https://a.example/i.png" alt="A diagram">', '![A diagram](https://a.example/i.png)'],
  ['<img src="data:image/png;base64,AAAA" alt="Dot">', 'Dot'],
  ['<img src="https://a.example/i.png">text', 'text'],
  ['<a href="https://a.example/"><img alt="Home">Start</a>', '[Home Start](https://a.example/)'],
  ['see<img alt="one"><img alt="two">, there', 'see one two, there'],
  ['<del>old</del>', '~~old~~'],
  ['a<script>alert(1)</script><style>p{}</style><noscript>on</noscript>b', 'ab'],
  ['', ''],
  ['just text', 'just text'],
])('%s', (html, markdown) => {
  expect(htmlToMarkdown(html)).toBe(markdown);
});

test('B4: a table becomes GFM', () => {
  const html =
    '<table><caption>Ports</caption><thead><tr><th>Name</th><th>Port</th></tr></thead><tbody><tr><td>http</td><td>80 | 8080</td></tr></tbody></table>';

  expect(htmlToMarkdown(html)).toBe(
    'Ports\n\n| Name | Port |\n| --- | --- |\n| http | 80 \\| 8080 |',
  );
});

test('a table without headings has an empty one, and lists stay inside their cell', () => {
  const html = '<table><tr><td>a</td><td><ul><li>x</li><li>y</li></ul></td></tr></table>';

  expect(htmlToMarkdown(html)).toBe('|  |  |\n| --- | --- |\n| a | -   x<br>-   y |');
});

test('a cell that spans rows and columns is repeated, so that each row can be read alone', () => {
  const html =
    '<table><tr><th>A</th><th>B</th><th>C</th></tr><tr><td rowspan="2">1</td><td>2</td><td>3</td></tr><tr><td colspan="2">4</td></tr></table>';

  expect(htmlToMarkdown(html)).toBe(
    '| A | B | C |\n| --- | --- | --- |\n| 1 | 2 | 3 |\n| 1 | 4 | 4 |',
  );
});

test('a table for layout becomes paragraphs, and the table inside it a table', () => {
  const inner = '<table><tr><th>K</th><th>V</th></tr><tr><td>a</td><td>b</td></tr></table>';

  expect(htmlToMarkdown(`<table><tr><td>Menu</td><td>${inner}</td></tr></table>`)).toBe(
    'Menu\n\n| K | V |\n| --- | --- |\n| a | b |',
  );
});

test('a table of line numbers and code keeps the code', () => {
  const html = '<table><tr><td>1\n2</td><td><pre>a = 1\nb = 2</pre></td></tr></table>';

  expect(htmlToMarkdown(html)).toContain('```\na = 1\nb = 2\n```');
});

test('spans beyond reason do not multiply', () => {
  const html = `<table>${'<tr><td rowspan="65000" colspan="1000">x</td><td>y</td></tr>'.repeat(50)}</table>`;

  expect(htmlToMarkdown(html).length).toBeLessThan(100_000);
});

test('what is nested too deeply comes as plain text', () => {
  const depth = 100_000;
  const html = `<html><body>${'<div>'.repeat(depth)}deep &amp; down${'</div>'.repeat(depth)}</body></html>`;

  expect(htmlToMarkdown(html)).toBe('deep & down');
});
