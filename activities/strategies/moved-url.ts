import { select } from '../../adapters/extraction/dom.ts';
import { resolveUrl } from '../../adapters/extraction/absolute-url.ts';
import type { EvidenceView, FailingPage, Strategy } from './contract.ts';
import { answerOf } from './evidence/answer.ts';
import { openPage } from './evidence/pages.ts';

/**
 * Pages that live at another address now. An address is no part of an extraction spec, and host and schedule are nobody's but the owner's:
 * so this strategy finds, and leaves the change to a person, with the old and the new address.
 */
export const movedUrl: Strategy = {
  name: 'moved-url',
  family: 'transport',
  handles: ['SelectorMissing', 'SchemaDrift', 'EmptyResult', 'ContentShrank'],
  async propose(view) {
    const moves = view.failing.flatMap((page) => moveOf(page, view));
    const [first] = moves;
    if (first === undefined) return answerOf([], ['No failing page was moved.']);
    const more = moves.length === 1 ? '' : ` ${moves.length - 1} more failing pages were moved.`;
    return answerOf([], [`${sentence(first)}${more}`]);
  },
};

interface Move {
  readonly from: string;
  readonly to: string;
  readonly how: 'redirect' | 'canonical';
}

function moveOf(page: FailingPage, view: EvidenceView): readonly Move[] {
  if (differs(page.url, page.finalUrl))
    return [{ from: page.url, to: page.finalUrl, how: 'redirect' }];
  const document = openPage(page, view.spec).page?.document;
  const [link] =
    document === undefined ? [] : (select(document, 'link[rel~="canonical" i][href]', 1) ?? []);
  const canonical = resolveUrl(link?.getAttribute('href') ?? '', page.finalUrl);
  // Good pages name their canonical address as well: only one that is new says that they moved.
  const usual = view.good.some(({ body }) => canonical !== undefined && body.includes(canonical));
  return canonical === undefined || usual || !differs(page.finalUrl, canonical)
    ? []
    : [{ from: page.url, to: canonical, how: 'canonical' }];
}

/** A slash at the end, the scheme, a fragment or a query of tracking is no other place. */
function differs(one: string, other: string): boolean {
  return placeOf(one) !== placeOf(other);
}

function placeOf(text: string): string {
  const url = URL.parse(text);
  if (url === null) return text;
  const kept = [...url.searchParams].filter(([name]) => !/^(?:utm_|fbclid|gclid)/u.test(name));
  return `${url.host}${url.pathname.replace(/\/$/u, '')}?${new URLSearchParams(kept).toString()}`;
}

function sentence({ from, to, how }: Move): string {
  const verb = how === 'redirect' ? 'now redirects to' : 'names as its address';
  const site = isSameSite(from, to)
    ? 'It is the same site'
    : 'It is another site, so look whether it is the same publisher';
  return `"${shown(from)}" ${verb} "${shown(to)}". ${site}. A repair cannot change addresses: replace the old one below "urls" or "sitemap" of the source, then apply.`;
}

/** The same host, or one below the other. */
function isSameSite(one: string, other: string): boolean {
  const [a, b] = [hostOf(one), hostOf(other)];
  return a === b || a.endsWith(`.${b}`) || b.endsWith(`.${a}`);
}

function hostOf(text: string): string {
  return (URL.parse(text)?.hostname ?? '').replace(/^www\./u, '');
}

/** Queries may carry secrets. */
function shown(address: string): string {
  return (address.split(/[?#]/u)[0] ?? '').replaceAll(/[\p{C}\s"]+/gu, '').slice(0, 200);
}
