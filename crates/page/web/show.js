// Texts and times as they are shown: nothing in a record can move, hide or turn what stands around it.

/** What is drawn as nothing, turns the writing around or breaks the line, besides control characters. */
const UNSEEN = new RegExp(
  '[\\p{Cc}' +
    '\\u{ad}\\u{34f}\\u{600}-\\u{605}\\u{61c}\\u{6dd}\\u{70f}\\u{890}\\u{891}\\u{8e2}\\u{115f}\\u{1160}\\u{17b4}\\u{17b5}' +
    '\\u{180b}-\\u{180f}\\u{200b}-\\u{200f}\\u{2028}-\\u{202e}\\u{2060}-\\u{206f}\\u{2800}\\u{3164}\\u{fe00}-\\u{fe0f}' +
    '\\u{feff}\\u{ffa0}\\u{fff0}-\\u{fffb}\\u{110bd}\\u{110cd}\\u{13430}-\\u{1343f}\\u{1bca0}-\\u{1bca3}' +
    '\\u{1d173}-\\u{1d17a}\\u{e0000}-\\u{e0fff}]',
  'gu',
);

function spelled(character) {
  return `\\u{${character.codePointAt(0).toString(16)}}`;
}

/** `text` with everything that cannot be seen, or that turns the writing around, spelled as `\u{...}`. */
export function escape(text) {
  return text.replace(UNSEEN, spelled);
}

/** `text` escaped and in quotation marks, so that it cannot be taken for our own words. */
export function quote(text) {
  return `"${escape(text).replaceAll('"', '\\u{22}')}"`;
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
