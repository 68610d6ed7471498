/**
 * The root that the forms of an English word share: "licences", "licensed" and "licensing" give the same.
 * Light on purpose: it joins inflections and the commonest derivations, and leaves short words alone.
 */
export function stem(word: string): string {
  if (word.length < 4 || /\d/.test(word)) return word;
  const singular = withoutPlural(american(word));
  return withoutLastVowel(withoutEnding(singular));
}

/** Spelling rules that hold for nearly every word, and the common words for which no rule does. */
function american(word: string): string {
  const known = KNOWN_FORMS.get(word) ?? KNOWN_FORMS.get(word.replace(/s$/, ''));
  if (known !== undefined) return known;
  return word
    .replace(/is(e|es|ed|ing|ation|ations)$/, (ending) =>
      isVerb(word) ? `iz${ending.slice(2)}` : ending,
    )
    .replace(/([^aeiou][aeiou][^aeiou]+)our(s|ed|ing|able|al)?$/, '$1or$2')
    .replace(/([aeiou])ll(ed|ing|er|ers)$/, '$1l$2');
}

const KNOWN_FORMS: ReadonlyMap<string, string> = new Map([
  ['licence', 'license'],
  ['defence', 'defense'],
  ['offence', 'offense'],
  ['practise', 'practice'],
  ['programme', 'program'],
  ['catalogue', 'catalog'],
  ['dialogue', 'dialog'],
  ['centre', 'center'],
  ['metre', 'meter'],
  ['litre', 'liter'],
  ['theatre', 'theater'],
  ['colour', 'color'],
  ['favour', 'favor'],
  ['honour', 'honor'],
  ['judgement', 'judgment'],
  ['grey', 'gray'],
  ['cheque', 'check'],
  ['fulfil', 'fulfill'],
  ['enrol', 'enroll'],
  ['used', 'use'],
  ['using', 'use'],
]);

/** "Organise" is "organize", but "promise", "exercise" and "otherwise" are themselves. */
function isVerb(word: string): boolean {
  return (
    word.length > 6 &&
    !/^(otherw|likew|prom|compr|exerc|superv|adv|rev|dev|surpr|prem|prec|conc|enterpr|expert|franch|merchand|disgu|comprom|telev|improv|advert)is/.test(
      word,
    )
  );
}

function withoutPlural(word: string): string {
  if (word.endsWith('ies')) return `${word.slice(0, -3)}y`;
  if (/(ss|x|ch|sh)es$/.test(word)) return word.slice(0, -2);
  // Not of "analysis", "status", "class", "bias", "canvas", "atlas".
  if (/[^sui]s$/.test(word) && !/(i|v|tl|g)as$/.test(word)) return word.slice(0, -1);
  return word;
}

/** First rule that fits and leaves a root of three letters with a vowel wins. */
function withoutEnding(word: string): string {
  for (const [ending, replacement] of ENDINGS) {
    if (!word.endsWith(ending)) continue;
    const root = word.slice(0, -ending.length);
    if (root.length >= 3 && /[aeiouy]/.test(root)) return withoutDouble(root, ending) + replacement;
  }
  return word;
}

const ENDINGS: readonly (readonly [string, string])[] = [
  ['ification', 'ify'],
  ['ication', 'y'],
  ['ization', 'ize'],
  ['ation', 'ate'],
  ['ition', 'ite'],
  ['ution', 'ute'],
  ['ction', 'ct'],
  ['ement', 'e'],
  ['ment', ''],
  ['ness', ''],
  ['ingly', ''],
  ['edly', ''],
  ['ied', 'y'],
  ['ing', ''],
  ['ed', ''],
  ['ly', ''],
];

function withoutDouble(root: string, ending: string): string {
  const doubled = /([bdgmnprt])\1$/.test(root) && (ending === 'ing' || ending === 'ed');
  return doubled ? root.slice(0, -1) : root;
}

function withoutLastVowel(word: string): string {
  if (word.length < 4) return word;
  if (word.endsWith('y')) return `${word.slice(0, -1)}i`;
  return word.replace(/e$/, '');
}
