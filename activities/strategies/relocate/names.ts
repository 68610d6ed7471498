import type { Place } from './page-map.ts';

/** Names that people gave an element, with those that a build or a counter made left out. */
export function classesOf(place: Place): readonly string[] {
  return split(place.element.getAttribute('class'));
}

export function isMeaningful(name: string): boolean {
  return name.length > 1 && name.length <= 60 && !/\d{3,}/u.test(name) && !looksHashed(name);
}

/** Means something, and stands in a selector as it is. */
export function isUsable(name: string): boolean {
  return /^[a-z_][\w-]*$/iu.test(name) && isMeaningful(name);
}

/** What a name with a number costs more in a selector: the next page may count on. */
export function digitCost(name: string): number {
  return /\d/u.test(name) ? 2 : 0;
}

/** Words inside the names of an element: `recipeIngredient`, `recipe__ingredient` and `wprm-recipe-ingredient` share two. */
export function nameWords(place: Place): readonly string[] {
  return NAMING.flatMap((attribute) => split(place.element.getAttribute(attribute)))
    .filter((name) => isMeaningful(name))
    .flatMap((name) => name.replaceAll(/(\p{Ll})(\p{Lu})/gu, '$1 $2').split(/[^\p{L}]+/u))
    .filter((word) => word.length > 2)
    .map((word) => stem(word));
}

/** Endings of grammar differ between a name and a heading; the beginning of a word does not. */
export function stem(word: string): string {
  return word.toLowerCase().slice(0, STEM);
}

const STEM = 7;
const NAMING = ['class', 'id', 'itemprop', 'data-testid', 'data-test', 'data-name', 'name', 'role'];

function split(value: string | null): readonly string[] {
  return value === null
    ? []
    : value
        .split(/\s+/u)
        .filter((one) => one !== '')
        .slice(0, 20);
}

/** `css-1cyi1zp`, `sc-bdVaJa`, `_3xK9q`, `Title__wrapper-x7Yz2`: parts that no one would type. */
function looksHashed(name: string): boolean {
  return (
    /^(?:css|sc|jsx|emotion|svelte|ng|chakra|mui)-[\w-]*\d|^sc-/iu.test(name) ||
    name.split(/[-_]+/u).some((part) => isHash(part))
  );
}

function isHash(part: string): boolean {
  if (part.length < 4 || part.length > 40) return false;
  const changes = (part.match(/\d(?=[a-z])|[a-z](?=\d)/giu) ?? []).length;
  const humps = (part.match(/[a-z][A-Z]/gu) ?? []).length;
  if (changes >= 2) return true;
  if (/\d/u.test(part) && humps > 0) return true;
  return part.length >= 5 && !/[aeiouy]/iu.test(part) && changes + humps > 0;
}
