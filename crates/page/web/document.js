// JSON documents with exactly one spelling (FORMAT sections 13 and 17).

import { fail, fromBase64, textOf } from './bytes.js';
import { Unclear } from './steps.js';

function isObject(value) {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Whether this is text of whole characters: half a surrogate pair is none. */
function isText(value) {
  return typeof value === 'string' && !/[\ud800-\udfff]/u.test(value);
}

/** The value, if it is an object with just these members in this order. */
export function object(value, members) {
  const names = isObject(value) ? Object.keys(value) : [];
  if (names.length !== members.length || names.some((name, at) => name !== members[at])) {
    fail('a member is missing, unknown, twice, of the wrong type or out of its place');
  }
  return value;
}

/** The value, if it is text. */
export function text(value) {
  return isText(value) ? value : fail('a member is no text');
}

/** The value, if it is a list of at most `max` items, which are called `what`. */
export function list(value, max, what) {
  if (!Array.isArray(value)) {
    fail('a member is no list');
  }
  return value.length <= max ? value : fail(`there are more than ${max} ${what}`);
}

/** The bytes that a text spells in base64. */
export function bytes(value, what) {
  return fromBase64(text(value)) ?? fail(`${what} is not strict base64`);
}

/**
 * Reads the bytes of a document of version 1 of the format `family`. `read` makes of its value what it means; nothing is verified.
 */
export function readDocument(input, { family, max, read }) {
  if (input.length > max) {
    fail(`the file is larger than ${max} bytes`);
  }
  const document = textOf(input) ?? fail('this is not UTF-8 text');
  const value = parseJson(document);
  checkVersion(value, document, family);
  const meant = read(value);
  // A member that is there twice is lost in reading, so it shows here.
  if (JSON.stringify(value, null, 2) !== document) {
    fail('the document is not in its one spelling');
  }
  return meant;
}

function parseJson(document) {
  try {
    return JSON.parse(document);
  } catch {
    return fail('this is not one JSON document');
  }
}

function checkVersion(value, document, family) {
  if (!isObject(value) || !isText(value.format)) {
    fail('the document does not say of what format it is');
  }
  if (value.format === `${family}/1`) {
    return;
  }
  if (value.format.startsWith(`${family}/`) && formatsNamed(document) === 1) {
    throw new Unclear('the file has a version that this software does not know');
  }
  fail(`the format is not ${family}/1`);
}

/** How many members of the outermost object of a JSON document are called `format`. */
function formatsNamed(document) {
  let [depth, count] = [0, 0];
  for (const [token] of document.matchAll(/"(?:[^"\\]|\\.)*"(?:\s*:)?|[[\]{}]/g)) {
    if (token === '{' || token === '[') {
      depth += 1;
    } else if (token === '}' || token === ']') {
      depth -= 1;
    } else if (depth === 1 && token.endsWith(':') && JSON.parse(token.slice(0, token.lastIndexOf('"') + 1)) === 'format') {
      count += 1;
    }
  }
  return count;
}
