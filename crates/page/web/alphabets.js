// Words whose letters are of more than one alphabet: where letters look alike, such a word can pass for another one (FORMAT section 16).

const LATIN = /[A-Za-z\u00c0-\u024f\u1e00-\u1eff]/;
const CYRILLIC = /[\u0400-\u052f\u1c80-\u1c8f\ua640-\ua69f]/;
/** Only those that look like Latin letters: a unit such as a microfarad is no such word. */
const GREEK = /[\u0391\u0392\u0395-\u0397\u0399\u039a\u039c\u039d\u039f\u03a1\u03a4\u03a5\u03a7\u03b9\u03ba\u03bd\u03bf\u03c1\u03c5\u03c7]/;

/** The two alphabets of which the first such word of a text has letters, or null. A word is a run of letters and digits. */
export function mixedAlphabets(text) {
  // Nothing else can be in a text of ASCII.
  if (!/[^\0-\x7f]/.test(text)) {
    return null;
  }
  for (const word of text.split(/[^\p{Alphabetic}\p{N}]+/u)) {
    const [latin, cyrillic, greek] = [LATIN, CYRILLIC, GREEK].map((alphabet) => alphabet.test(word));
    const found = [latin && 'Latin', cyrillic && 'Cyrillic', greek && 'Greek'].filter((name) => name !== false);
    if (found.length > 1) {
      return found.slice(0, 2);
    }
  }
  return null;
}
