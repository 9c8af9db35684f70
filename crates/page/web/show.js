// Texts and times as they are shown: nothing in a record can move, hide or turn what stands around it.

import { mixedAlphabets } from './alphabets.js';

/** What is drawn as nothing, turns the writing around or breaks the line, besides control characters. */
const UNSEEN =
  '\\p{Cc}' +
  '\\u{ad}\\u{34f}\\u{600}-\\u{605}\\u{61c}\\u{6dd}\\u{70f}\\u{890}\\u{891}\\u{8e2}\\u{115f}\\u{1160}\\u{17b4}\\u{17b5}' +
  '\\u{180b}-\\u{180f}\\u{200b}-\\u{200f}\\u{2028}-\\u{202e}\\u{2060}-\\u{206f}\\u{2800}\\u{3164}\\u{fe00}-\\u{fe0f}' +
  '\\u{feff}\\u{ffa0}\\u{fff0}-\\u{fffb}\\u{110bd}\\u{110cd}\\u{13430}-\\u{1343f}\\u{1bca0}-\\u{1bca3}' +
  '\\u{1d173}-\\u{1d17a}\\u{e0000}-\\u{e0fff}';
const ANY_UNSEEN = new RegExp(`[${UNSEEN}]`, 'u');
const IS_UNSEEN = new RegExp(`^[${UNSEEN}]$`, 'u');

const NON_JOINER = '\u200c';
const JOINER = '\u200d';

/** The blocks that hold the characters with the property Extended_Pictographic, without the letters among them. */
const PICTOGRAPH = new RegExp(
  '^[\\u{203c}\\u{2049}\\u{2139}\\u{2194}-\\u{21aa}\\u{231a}-\\u{23ff}\\u{25aa}-\\u{25fe}\\u{2600}-\\u{27bf}\\u{2934}\\u{2935}' +
    '\\u{2b05}-\\u{2b55}\\u{3030}\\u{303d}\\u{3297}\\u{3299}\\u{1f000}-\\u{1f1e5}\\u{1f200}-\\u{1f3fa}\\u{1f400}-\\u{1faff}]$',
  'u',
);
/** The colour or the variant of an emoji. */
const MODIFIER = /^[\u{fe0e}\u{fe0f}\u{1f3fb}-\u{1f3ff}]$/u;

/** The scripts whose letters join, or are kept from joining, by their blocks. */
const JOINED = [
  [[0x600, 0x6ff], [0x750, 0x77f], [0x870, 0x8ff], [0xfb50, 0xfdff], [0xfe70, 0xfefc]],
  [[0x700, 0x74f], [0x860, 0x86f]],
  [[0x7c0, 0x7ff]],
  [[0x840, 0x85f]],
  // The scripts of India, Devanagari to Sinhala: a block of 128 characters each.
  ...Array.from({ length: 10 }, (_, at) => [[0x900 + 128 * at, 0x97f + 128 * at]]),
  [[0xf00, 0xfff]],
  [[0x1000, 0x109f]],
  [[0x1780, 0x17ff]],
  [[0x1800, 0x18af]],
];

/** Whether this mark has a class of combining, that is another than 0: it then moves before one of the highest class. */
function isCombining(character) {
  return `\u0345${character}`.normalize('NFD') === `${character}\u0345`;
}

/** The mark that takes the vowel from a consonant: class 9, which sorts behind class 8 and before class 10. */
function isVirama(character) {
  return (
    `${character}\u3099`.normalize('NFD') === `\u3099${character}` && `\u05b0${character}`.normalize('NFD') === `${character}\u05b0`
  );
}

/** The script of a letter or mark that joins, as a number; -1 for all others. */
function joinedScript(character) {
  const code = character.codePointAt(0);
  const isLetter = (/^\p{Alphabetic}$/u.test(character) || isCombining(character)) && !IS_UNSEEN.test(character);
  return isLetter ? JOINED.findIndex((blocks) => blocks.some(([first, last]) => first <= code && code <= last)) : -1;
}

/** Whether what stands before `at` is an emoji, with its colour and its variant if it has them. */
function endsInPictograph(characters, at) {
  const last = characters.slice(0, at).findLast((it) => !MODIFIER.test(it));
  return last !== undefined && PICTOGRAPH.test(last);
}

/** Whether an invisible character is part of the writing, which those at the ends of a text never are (RFC 5892, appendix A). */
function belongs(characters, at) {
  const [before, character, after] = [characters[at - 1], characters[at], characters[at + 1]];
  if (character === '\ufe0e' || character === '\ufe0f') {
    return before !== undefined && PICTOGRAPH.test(before);
  }
  if ((character !== NON_JOINER && character !== JOINER) || before === undefined || after === undefined) {
    return false;
  }
  const script = joinedScript(before);
  return (
    (isVirama(before) && !IS_UNSEEN.test(after)) ||
    (script >= 0 && joinedScript(after) === script) ||
    (character === JOINER && PICTOGRAPH.test(after) && endsInPictograph(characters, at))
  );
}

/**
 * `text` with everything that cannot be seen, or that turns the writing around, spelled as `\u{...}`. Joiners of a script
 * that needs them, and of emoji, stay where they are.
 */
export function escape(text) {
  if (!ANY_UNSEEN.test(text)) {
    return text;
  }
  const characters = [...text];
  const shown = characters.map((character, at) =>
    IS_UNSEEN.test(character) && !belongs(characters, at) ? `\\u{${character.codePointAt(0).toString(16)}}` : character,
  );
  return shown.join('');
}

/** What is said behind a text with a word of letters that look alike, of two alphabets; nothing behind all others. */
export function lookAlikes(text) {
  const mixed = mixedAlphabets(text);
  return mixed === null ? '' : ` (a word of it mixes ${mixed.join(' and ')} letters)`;
}

/**
 * `text` escaped and in quotation marks, so that it cannot be taken for our own words. When letters of different alphabets look
 * alike in it, that is said behind it.
 */
export function quote(text) {
  return `"${escape(text).replaceAll('"', '\\u{22}')}"${lookAlikes(text)}`;
}

const YEAR_10000_MS = 253_402_300_800_000n;

/** Milliseconds since 1970, a BigInt, as `2026-01-01 00:00:00.000 UTC`. */
export function utc(ms) {
  if (ms >= YEAR_10000_MS) {
    return `${ms} ms after 1970 UTC`;
  }
  return instant(ms);
}

/** 400 years: after them days of the week and leap years come again. */
const ERA_MS = 146_097n * 86_400_000n;

/** The same for every time: years after 9999 have as many digits as they need. */
export function instant(ms) {
  const [year, rest] = new Date(Number(ms % ERA_MS)).toISOString().split(/-(.*)/s);
  return `${BigInt(year) + 400n * (ms / ERA_MS)}-${rest}`.replace('T', ' ').replace('Z', ' UTC');
}

/** Milliseconds since 1970 in the form of RFC 3339, or null after the year 9999. */
export function rfc3339(ms) {
  return ms < YEAR_10000_MS ? new Date(Number(ms)).toISOString() : null;
}
