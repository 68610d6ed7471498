import { decodeText } from '../../adapters/extraction/charset.ts';
import type { Decode } from '../../workflows/collection/extraction-spec.ts';
import type { EvidencePage, EvidenceView, FailingPage, Strategy } from './contract.ts';
import { answerOf } from './evidence/answer.ts';
import { joinRecords } from './evidence/join.ts';
import { readPage } from './evidence/pages.ts';
import { sameValue } from './evidence/same-value.ts';

/** The bytes are as good as ever, and were read in a wrong character set. */
export const encoding: Strategy = {
  name: 'encoding',
  family: 'transport',
  handles: ['SelectorMissing', 'SchemaDrift', 'EmptyResult', 'ContentShrank'],
  async propose(view) {
    const pages = view.failing.slice(0, MAX_PAGES).filter(({ bytes }) => bytes !== undefined);
    if (pages.length === 0) return answerOf([], ['No bytes of the failing pages were kept.']);
    if (!pages.some(({ body }) => isGarbled(body))) {
      return answerOf([], ['The text of the failing pages is not garbled.']);
    }
    const trials = CHARSETS.map((charset) => trial(view, pages, charset))
      .filter(({ readable }) => readable)
      .toSorted((a, b) => b.equal - a.equal || b.familiar - a.familiar);
    const [best] = trials;
    if (best === undefined) {
      return answerOf([], ['No character set makes readable text of the failing pages.']);
    }
    const rival = trials.find(({ text }) => text !== best.text);
    const isBetter =
      rival === undefined || best.equal > rival.equal || best.familiar >= rival.familiar + 0.1;
    if (!isBetter || (best.equal === 0 && best.familiar < MIN_FAMILIAR)) {
      return answerOf(
        [],
        [
          `Several character sets make text of the failing pages (${best.charset}, ${rival?.charset ?? 'no other'}), and no known value decides.`,
        ],
      );
    }
    return answerOf(
      [
        {
          patch: patchOf(view.spec.decode, best.charset),
          features: { familiar: best.familiar },
          explains: explain(best),
        },
      ],
      [],
    );
  },
};

const MAX_PAGES = 3;
const MIN_FAMILIAR = 0.9;

/** Labels of the WHATWG Encoding Standard, the frequent ones first: each of them names another way to read bytes. */
const CHARSETS = [
  'utf-8',
  'windows-1252',
  'windows-1251',
  'shift_jis',
  'euc-jp',
  'gb18030',
  'big5',
  'euc-kr',
  'windows-1250',
  'iso-8859-2',
  'koi8-r',
  'windows-1253',
  'windows-1254',
  'windows-1255',
  'windows-1256',
  'utf-16le',
  'utf-16be',
] as const;

interface Trial {
  readonly charset: string;
  readonly text: string;
  readonly readable: boolean;
  /** Known values that come out as before and did not without it. */
  readonly equal: number;
  /** Share of the letters outside of ASCII that good pages use as well, 0..1. */
  readonly familiar: number;
}

/** Replacement characters, C1 controls, or UTF-8 that was read as a one-byte set. */
function isGarbled(text: string): boolean {
  const sample = text.slice(0, MAX_CHARACTERS);
  return /[\uFFFD\u0080-\u009F]|Ã[\u0080-¿]|â€|Ð[\u0080-¿]|[¡-ÿ]{4}/u.test(sample);
}

const MAX_CHARACTERS = 500_000;

function trial(view: EvidenceView, pages: readonly FailingPage[], charset: string): Trial {
  const decoded = pages.map((page) => ({ ...page, body: decodedBody(page, charset) }));
  const text = decoded.map(({ body }) => body).join('\n');
  const readable = !decoded.some(({ body }) => isGarbled(body));
  if (!readable) return { charset, text, readable, equal: 0, familiar: 0 };
  return {
    charset,
    text,
    readable,
    equal: equalValues(view, decoded),
    familiar: familiarity(view, text),
  };
}

/** As production reads it when a definition names the charset. */
function decodedBody({ bytes }: EvidencePage, charset: string): string {
  return decodeText(Buffer.from(bytes ?? []), `text/html; charset=${charset}`);
}

/** Values that need more than ASCII; others are the same in every charset. */
function equalValues(view: EvidenceView, pages: readonly EvidencePage[]): number {
  const now = pages.map((page) => ({ url: page.url, records: readPage(page, view.spec).records }));
  const pairs = joinRecords(view.spec, view.good, now);
  return pairs.reduce((sum, { before, now: record }) => {
    const same = Object.entries(view.spec.fields).filter(([name, { type }]) => {
      const [old, current] = [before[name], record[name]];
      if (old === undefined || current === undefined) return false;
      return /\P{ASCII}/u.test(String(old)) && sameValue(old, current, type);
    });
    return sum + same.length;
  }, 0);
}

function familiarity(view: EvidenceView, text: string): number {
  const known = new Set(view.good.slice(0, MAX_PAGES).flatMap(({ body }) => letters(body)));
  const found = letters(text);
  return found.length === 0 ? 0 : found.filter((letter) => known.has(letter)).length / found.length;
}

function letters(text: string): readonly string[] {
  return (text.slice(0, MAX_CHARACTERS).match(/\P{ASCII}/gu) ?? []).map((one) => one.toLowerCase());
}

function patchOf(decode: Decode | undefined, charset: string) {
  if (decode === undefined) return [{ op: 'add', path: '/decode', value: { charset } }] as const;
  return [{ op: 'add', path: '/decode/charset', value: charset }] as const;
}

function explain({ charset, equal, familiar }: Trial): string {
  const why =
    equal > 0
      ? `${equal} known values come out as before`
      : `${Math.round(familiar * 100)} % of its special letters are those of good pages`;
  return `The page is written in ${charset} and says otherwise: ${why}.`;
}
