import { stem } from './stem.ts';

/** The terms of a text in their order: lower case, without accents, stop words and inflections. */
export function termsOf(text: string): readonly string[] {
  const words = text.normalize('NFKD').replaceAll(/\p{M}/gu, '').toLowerCase().match(WORD) ?? [];
  return words.flatMap((word) => {
    const term = termOf(word);
    return term === undefined ? [] : [term];
  });
}

/** The words of a text that may stand for one of its terms, beside the terms themselves: for questions only. */
export function relatedTermsOf(term: string): readonly string[] {
  return RELATED.get(term) ?? [];
}

const WORD = /[\p{L}\p{N}]+/gu;

function termOf(word: string): string | undefined {
  const known = cache.get(word);
  if (known !== undefined) return known === '' ? undefined : known;
  const term = STOP_WORDS.has(word) || (word.length === 1 && /[a-z]/.test(word)) ? '' : stem(word);
  if (cache.size < MAX_CACHED_WORDS) cache.set(word, term);
  return term === '' ? undefined : term;
}

/** A corpus of ten thousand documents has about a hundred thousand different words. */
const MAX_CACHED_WORDS = 200_000;
const cache = new Map<string, string>();

/** Words that every English text has, and the words that make a sentence a question. */
const STOP_WORDS: ReadonlySet<string> = new Set(
  (
    'a about above after again against all also am an and any are as at be because been before being below between both but by can ' +
    'cannot could did do does doing done down during each either else ever few for from further get had has have having he her here ' +
    'hers him his how however i if in into is it its itself just let me might more most much must my neither no nor not of off on ' +
    'once one only or other our ours out over own per same shall she should so some such than that the their theirs them then there ' +
    'these they this those through thus to too under until up upon us very was we were what when where whether which while who ' +
    'whom whose why will with within without would yet you your yours tell show give find list please know'
  ).split(' '),
);

/** Groups of words that people exchange when they ask. Small and general: a thesaurus, not a list of questions. */
const RELATED: ReadonlyMap<string, readonly string[]> = new Map(
  [
    'network remote server online',
    'demand require oblige mandate',
    'permit allow grant',
    'forbid prohibit disallow',
    'delete remove erase',
    'create make generate',
    'change modify alter edit',
    'error failure fault',
    'start begin launch',
    'stop end halt terminate',
    'buy purchase order',
    'price cost fee charge',
    'fast quick speed',
    'big large huge',
    'fix repair mend resolve',
    'setup install configure',
    'car vehicle automobile',
    'doctor physician',
    'film movie',
    'picture image photo',
  ].flatMap((group) => {
    const terms = group.split(' ').map((word) => stem(word));
    return terms.map((term) => [term, terms.filter((other) => other !== term)] as const);
  }),
);
