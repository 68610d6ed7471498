/** A fake site that lists things, in several layouts and under many names: what its pages say is known by construction. */
export interface Entry {
  readonly sku: string;
  readonly title: string;
  readonly url: string;
  readonly price: number;
  readonly day?: string;
  readonly note?: string;
  readonly tags: readonly string[];
}

export type ListLayout = (typeof LIST_LAYOUTS)[number];
export const LIST_LAYOUTS = ['cards', 'rows', 'items', 'definitions', 'nested'] as const;

/** How a page shows its entries. */
export interface Look {
  readonly layout: ListLayout;
  /** Which vocabulary names the elements. */
  readonly names: number;
  readonly wraps: number;
  /** Order of the fields. */
  readonly order: number;
  /** What stands on the page beside the list. */
  readonly beside: readonly ('related' | 'popular' | 'navigation' | 'sponsored')[];
}

export const LIST_URL = 'https://shop.example/list';

/** The same numbers for the same seed. */
export function randomOf(seed: number): () => number {
  let state = seed * 2_654_435_761;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

export function entriesOf(seed: number, from: number, count: number): readonly Entry[] {
  return Array.from({ length: count }, (_, at) => entryOf(seed, from + at));
}

/** What people write below `extract:` for a look. */
export function extractOf({ layout, names }: Look): Record<string, unknown> {
  const n = VOCABULARIES[names % VOCABULARIES.length] ?? VOCABULARIES[0];
  const one = (locators: unknown, more: Record<string, unknown> = {}) => ({ locators, ...more });
  const money = { type: 'number', normalise: ['stripCurrency'] };
  const optional = { required: false };
  const next = { locators: 'a[rel="next"]', maxPages: 9 };
  if (layout === 'rows')
    return {
      next,
      records: `main table.${n.list} tr.${n.item}`,
      title: one(`td.${n.title} a`, { stable: true }),
      url: one(`td.${n.title} a`, { type: 'url', stable: true }),
      price: one(`td.${n.price}`, money),
      day: one(`td.${n.day} time`, { type: 'date', stable: true, ...optional }),
      tags: one(`.${n.tag}`, { cardinality: 'many', stable: true, ...optional }),
    };
  const item = layout === 'definitions' ? `dl.${n.item}` : `.${n.item}`;
  return {
    next,
    records: `main .${n.list} ${item}`,
    title: one(`.${n.title}`, { stable: true }),
    url: one(`a`, { type: 'url', stable: true }),
    price: one(`.${n.price}`, money),
    day: one(`time`, { type: 'date', stable: true, ...optional }),
    note: one(`.${n.note}`, { stable: true, ...optional }),
    tags: one(`.${n.tag}`, { cardinality: 'many', stable: true, ...optional }),
    sku: one({ css: ':scope', attr: 'data-sku' }, { stable: true }),
  };
}

/** A page of the site. `others` are entries for what stands beside the list. */
export function listHtml(entries: readonly Entry[], look: Look, others: readonly Entry[]): string {
  const n = VOCABULARIES[look.names % VOCABULARIES.length] ?? VOCABULARIES[0];
  const has = (what: Look['beside'][number]): boolean => look.beside.includes(what);
  const items = entries.map((entry) => ITEMS[look.layout](entry, n, look));
  if (has('sponsored')) items.splice(2, 0, sponsored(look.layout));
  const list = wrapped(LISTS[look.layout](items, n), look.wraps, 'box');
  const small = (title: string, some: readonly Entry[]): string =>
    `<aside class="${n.aside}"><h4>${title}</h4><ul class="${n.list}">${some
      .map(
        (one) =>
          `<li class="${n.item}"><a class="${n.title}" href="${one.url}">${one.title}</a></li>`,
      )
      .join('')}</ul></aside>`;
  return `<!doctype html><html><head><title>The list</title></head><body><header><a href="/">Home</a>${
    has('navigation')
      ? '<nav><ul><li><a href="/a">Lamps</a></li><li><a href="/b">Chairs</a></li></ul></nav>'
      : ''
  }</header><main>${list}<p class="pager"><a rel="next" href="?page=2">More</a></p></main>${
    has('related') ? small('You may like', others) : ''
  }${has('popular') ? small('Popular', entries.slice(1, 4)) : ''}<footer><p>© The shop</p></footer></body></html>`;
}

function entryOf(seed: number, at: number): Entry {
  const random = randomOf(seed * 7_919 + at + 1);
  const pick = (words: readonly string[]): string =>
    words[Math.floor(random() * words.length)] ?? '';
  const sku = `sku-${seed}-${1000 + at}`;
  const title = `${pick(COLOURS)} ${pick(THINGS)} ${pick(MATERIALS)} ${at}`;
  const price = Math.round(500 + random() * 90_000) / 100;
  const month = 1 + Math.floor(random() * 12);
  const day = `2026-${String(month).padStart(2, '0')}-${String(1 + Math.floor(random() * 28)).padStart(2, '0')}`;
  return {
    sku,
    title,
    price,
    url: `https://shop.example/things/${sku}`,
    ...(random() < 0.8 ? { day } : {}),
    ...(random() < 0.7
      ? { note: `Made of ${pick(MATERIALS)} near ${pick(PLACES)} since ${1900 + at}` }
      : {}),
    tags: [pick(COLOURS), pick(MATERIALS)].map((word) => word.toLowerCase()),
  };
}

const COLOURS = ['Amber', 'Blue', 'Crimson', 'Olive', 'Plum', 'Silver', 'Teal', 'Umber'];
const MATERIALS = ['Brass', 'Cotton', 'Glass', 'Linen', 'Maple', 'Steel', 'Wool'];
const THINGS = ['Basket', 'Blanket', 'Bowl', 'Chair', 'Clock', 'Lamp', 'Mirror', 'Shelf'];
const PLACES = ['Bergen', 'Cork', 'Ghent', 'Kiel', 'Lund', 'Porto', 'Turin'];

type Names = Readonly<
  Record<'list' | 'item' | 'title' | 'price' | 'day' | 'note' | 'tag' | 'aside' | 'body', string>
>;

const VOCABULARIES: readonly [Names, ...Names[]] = [
  {
    list: 'products',
    item: 'product',
    title: 'product-title',
    price: 'product-price',
    day: 'product-date',
    note: 'product-note',
    tag: 'product-tag',
    aside: 'side',
    body: 'product-body',
  },
  {
    list: 'grid',
    item: 'tile',
    title: 'tile__name',
    price: 'tile__cost',
    day: 'tile__when',
    note: 'tile__text',
    tag: 'tile__label',
    aside: 'rail',
    body: 'tile__main',
  },
  {
    list: 'results',
    item: 'hit',
    title: 'hit-heading',
    price: 'hit-amount',
    day: 'hit-posted',
    note: 'hit-summary',
    tag: 'hit-topic',
    aside: 'more',
    body: 'hit-box',
  },
  // As a build writes them: nothing to hold on to but tags and positions.
  {
    list: 'css-1x9k2p',
    item: 'css-8ab3f1',
    title: 'css-0d1e2f',
    price: 'css-77aa1b',
    day: 'css-5c4d3e',
    note: 'css-9f8e7d',
    tag: 'css-a1b2c3',
    aside: 'css-3d2c1b',
    body: 'css-6e5f4a',
  },
  {
    list: 'entries',
    item: 'entry',
    title: 'name',
    price: 'price',
    day: 'date',
    note: 'text',
    tag: 'tag',
    aside: 'also',
    body: 'inner',
  },
];

function euros(price: number): string {
  return `${price.toFixed(2)} €`;
}

function path(entry: Entry): string {
  return new URL(entry.url).pathname;
}

function wrapped(html: string, times: number, name: string): string {
  return times === 0
    ? html
    : wrapped(`<div class="${name}-${'abcd'[times] ?? 'z'}">${html}</div>`, times - 1, name);
}

function ordered(parts: readonly string[], order: number): string {
  const at = order % Math.max(1, parts.length);
  return [...parts.slice(at), ...parts.slice(0, at)].join('');
}

function day(entry: Entry, n: Names): string {
  return entry.day === undefined
    ? ''
    : `<time class="${n.day}" datetime="${entry.day}">on ${entry.day}</time>`;
}

function tags(entry: Entry, n: Names): string {
  return `<p>${entry.tags.map((tag) => `<span class="${n.tag}">${tag}</span>`).join(' ')}</p>`;
}

function note(entry: Entry, n: Names): string {
  return entry.note === undefined ? '' : `<p class="${n.note}">${entry.note}</p>`;
}

type Item = (entry: Entry, names: Names, look: Look) => string;

const ITEMS: Readonly<Record<ListLayout, Item>> = {
  cards: (one, n, { order }) =>
    `<div class="${n.item}" data-sku="${one.sku}">${ordered(
      [
        `<h3 class="${n.title}"><a href="${path(one)}">${one.title}</a></h3>`,
        `<span class="${n.price}">${euros(one.price)}</span>`,
        day(one, n),
        note(one, n),
        tags(one, n),
      ],
      order,
    )}</div>`,
  rows: (one, n, { order }) =>
    `<tr class="${n.item}" data-sku="${one.sku}">${ordered(
      [
        `<td class="${n.title}"><a href="${path(one)}">${one.title}</a></td>`,
        `<td class="${n.price}">${euros(one.price)}</td>`,
        `<td class="${n.day}">${day(one, n)}</td>`,
        `<td class="${n.note}">${one.note ?? ''}</td>`,
        `<td>${tags(one, n)}</td>`,
      ],
      order,
    )}</tr>`,
  items: (one, n, { order }) =>
    `<li class="${n.item}" data-sku="${one.sku}"><div class="${n.body}">${ordered(
      [
        `<a class="${n.title}" href="${path(one)}">${one.title}</a>`,
        `<b class="${n.price}">${euros(one.price)}</b>`,
        day(one, n),
        note(one, n),
        tags(one, n),
      ],
      order,
    )}</div></li>`,
  definitions: (one, n) =>
    `<dl class="${n.item}" data-sku="${one.sku}"><dt>Name</dt><dd class="${n.title}"><a href="${path(one)}">${one.title}</a></dd><dt>Price</dt><dd class="${n.price}">${euros(one.price)}</dd><dt>Since</dt><dd>${day(one, n)}</dd><dt>About</dt><dd>${note(one, n)}</dd><dt>Tags</dt><dd>${tags(one, n)}</dd></dl>`,
  nested: (one, n, { order }) =>
    `<div class="col"><article class="${n.item}" data-sku="${one.sku}"><header><a href="${path(one)}"><h2 class="${n.title}">${one.title}</h2></a></header><div class="${n.body}">${ordered(
      [
        `<div><strong class="${n.price}">${euros(one.price)}</strong></div>`,
        day(one, n),
        note(one, n),
        tags(one, n),
      ],
      order,
    )}</div></article></div>`,
};

const LISTS: Readonly<Record<ListLayout, (items: readonly string[], names: Names) => string>> = {
  cards: (items, n) => `<div class="${n.list}">${items.join('\n')}</div>`,
  rows: (items, n) =>
    `<table class="${n.list}"><tr><th>Name</th><th>Price</th></tr>${items.join('\n')}</table>`,
  items: (items, n) => `<ul class="${n.list}">${items.join('\n')}</ul>`,
  definitions: (items, n) => `<section class="${n.list}">${items.join('\n')}</section>`,
  // Three in a row: the records have several parents.
  nested: (items, n) =>
    `<div class="${n.list}">${Array.from({ length: Math.ceil(items.length / 3) }, (_, at) => `<div class="row">${items.slice(at * 3, at * 3 + 3).join('')}</div>`).join('')}</div>`,
};

function sponsored(layout: ListLayout): string {
  const words = '<b>Advertisement</b><p>Win a trip to the sea</p>';
  if (layout === 'rows') return `<tr class="ad"><td colspan="5">${words}</td></tr>`;
  if (layout === 'items') return `<li class="ad">${words}</li>`;
  return `<div class="ad">${words}</div>`;
}
