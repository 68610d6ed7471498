/** One thing that the shop sells. */
export interface Product {
  readonly sku: string;
  readonly name: string;
  /** Euros. */
  readonly price: number;
  readonly weight: string;
  readonly text: readonly string[];
}

/** How the shop shows its products; a layout that changes is what breaks scrapers. */
export type Layout = 'first' | 'second' | 'third';

/** Products made of words, the same in every run. */
export function products(count: number): readonly Product[] {
  return Array.from({ length: count }, (_, index) => {
    const noun = pick(NOUNS, index);
    const material = pick(MATERIALS, Math.floor(index / NOUNS.length) + index);
    return {
      sku: `W-${1000 + index * 7}`,
      name: `${material} ${noun} No. ${index + 1}`,
      price: 9 + ((index * 37) % 240) + (index % 4) * 0.25,
      weight: `${(index * 130 + 250) % 4000} g`,
      text: [
        `The ${noun.toLowerCase()} is made of ${material.toLowerCase()} by people who have done nothing else for ${10 + (index % 40)} years.`,
        `It ships from warehouse ${1 + (index % 5)} within ${2 + (index % 3)} days, and comes back for free within ${20 + (index % 11)} days.`,
      ],
    };
  });
}

/** The list of everything, which a crawl begins with. */
export function listPage(all: readonly Product[]): string {
  const items = all.map(({ sku, name }) => `<li><a href="/products/${sku}">${name}</a></li>`);
  return page('All products', `<h1>All products</h1><ul class="all">${items.join('')}</ul>`);
}

export function productPage(product: Product, layout: Layout, others: readonly Product[]): string {
  const bodies: Readonly<Record<Layout, (one: Product) => string>> = { first, second, third };
  const also = others.map(({ sku, name, price }) => ALSO[layout](sku, name, euros(price)));
  return page(`${product.name} – Wick & Daughters`, `${bodies[layout](product)}${also.join('')}`);
}

function first({ sku, name, price, weight, text }: Product): string {
  return `<main class="product"><h1 class="product-title">${name}</h1>
<p class="product-price">${euros(price)}</p>
<div class="product-text">${paragraphs(text)}</div>
<dl class="product-facts"><dt>Article</dt><dd class="sku">${sku}</dd><dt>Weight</dt><dd>${weight}</dd></dl></main>`;
}

function second({ sku, name, price, weight, text }: Product): string {
  return `<div class="shell"><article class="item" data-item="${sku}"><header class="item__head"><p class="item__kicker">From the workshop</p>
<h2 class="item__name">${name}</h2><div class="item__buy"><span class="item__amount">${euros(price)}</span><button type="button">Buy</button></div></header>
<section class="item__story">${paragraphs(text)}</section>
<table class="item__facts"><tr><th>Article</th><td>${sku}</td></tr><tr><th>Weight</th><td>${weight}</td></tr></table></article></div>`;
}

function third({ sku, name, price, weight, text }: Product): string {
  return `<section class="pdp"><div class="pdp-gallery"></div><div class="pdp-info"><h1 class="pdp-heading">${name}</h1>
<ul class="pdp-facts"><li>Article: ${sku}</li><li>Weight: ${weight}</li></ul><strong class="pdp-cost">${euros(price)}</strong>
<div class="pdp-copy">${paragraphs(text)}</div></div></section>`;
}

/** Other products stand on each page: a fix that takes theirs is a wrong one. */
const ALSO: Readonly<Record<Layout, (sku: string, name: string, price: string) => string>> = {
  first: (sku, name, price) =>
    `<aside class="also"><a href="/products/${sku}">${name}</a> <span>${price}</span></aside>`,
  second: (sku, name, price) =>
    `<aside class="teaser"><h3><a href="/products/${sku}">${name}</a></h3><em>${price}</em></aside>`,
  third: (sku, name, price) =>
    `<div class="reco"><a href="/products/${sku}">${name}<b>${price}</b></a></div>`,
};

function page(title: string, body: string): string {
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${title}</title></head>
<body><nav><a href="/">Wick &amp; Daughters</a></nav>${body}<footer>Wick &amp; Daughters, since 1911</footer></body></html>`;
}

function paragraphs(text: readonly string[]): string {
  return text.map((one) => `<p>${one}</p>`).join('');
}

function euros(price: number): string {
  return `€ ${price.toFixed(2)}`;
}

function pick(words: readonly string[], index: number): string {
  return words[index % words.length] ?? '';
}

const NOUNS = ['Kettle', 'Lantern', 'Basket', 'Stool', 'Ladle', 'Bellows', 'Trivet', 'Sieve'];
const MATERIALS = ['Copper', 'Oak', 'Willow', 'Enamel', 'Brass'];
