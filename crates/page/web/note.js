// Signed notes, the keys that sign them, checkpoints and cosignatures (FORMAT section 8, C2SP signed-note and tlog-cosignature).

import { Reader, base64, concat, decimal, fail, fromBase64, fromHex, hex, same, utf8 } from './bytes.js';
import { isAdmitted } from './ed25519.js';
import { isOrigin, isSignerName } from './names.js';

/** The longest note, in bytes. */
export const NOTE_BYTES_MAX = 1_000_000;
const NOTE_SIGNATURES_MAX = 100;
const POSIX_TIME_MAX = (1n << 63n) - 1n;

/** The type of a key that signs notes as they are: that of a log. */
export const TYPE_LOG = 1;
/** The type of a key that signs notes with a time: that of a witness. */
export const TYPE_WITNESS = 4;

function parseSignatureLine(line) {
  const [dash, name, text, ...rest] = line.split(' ');
  if (dash !== '\u2014' || rest.length > 0 || text === undefined || !isSignerName(name)) {
    fail('a signature line of the note is not as it must be');
  }
  const bytes = fromBase64(text);
  if (bytes === null || bytes.length <= 4) {
    fail('a signature of the note is not strict base64 of more than four bytes');
  }
  return { name, keyId: hex(bytes.slice(0, 4)), signature: bytes.slice(4) };
}

/** Splits a note into its text and its signatures; nothing of it is verified. */
export function parseNote(note) {
  if (utf8(note).length > NOTE_BYTES_MAX) {
    fail('the note has more than 1,000,000 bytes');
  }
  if (/[\u0000-\u0009\u000b-\u001f]/.test(note)) {
    fail('the note holds a control character');
  }
  const split = note.lastIndexOf('\n\n');
  if (split < 0 || !note.endsWith('\n') || split + 2 === note.length) {
    fail('the note has no signatures after an empty line');
  }
  const lines = note.slice(split + 2, -1).split('\n');
  if (lines.length > NOTE_SIGNATURES_MAX) {
    fail('the note has more than 100 signatures');
  }
  return { text: note.slice(0, split + 1), signatures: lines.map(parseSignatureLine) };
}

/** The four bytes, in hexadecimal digits, that name a key in a note. */
async function noteKeyId(crypto, name, type, publicKey) {
  const digest = await crypto.sha256(concat(utf8(`${name}\n`), Uint8Array.of(type), publicKey));
  return hex(digest.slice(0, 4));
}

/** A verifier key: name, key id, and type and public key in base64, joined by plus signs. */
export async function parseVerifierKey(crypto, text) {
  const [name, keyId, rest, ...more] = splitKey(text);
  if (more.length > 0 || rest === undefined || !isOrigin(name) || fromHex(keyId, 4) === null) {
    fail('a verifier key is not as it must be');
  }
  const bytes = fromBase64(rest);
  if (bytes === null || bytes.length !== 33 || ![TYPE_LOG, TYPE_WITNESS].includes(bytes[0])) {
    fail('a verifier key is of no type that this software knows');
  }
  const [type, publicKey] = [bytes[0], bytes.slice(1)];
  if (!isAdmitted(publicKey)) {
    fail('the public key of a verifier key is not admitted');
  }
  if ((await noteKeyId(crypto, name, type, publicKey)) !== keyId) {
    fail('the key id of a verifier key is not that of its key');
  }
  return { name, keyId, type, publicKey };
}

/** Base64 may hold plus signs itself, so only the first two separate. */
function splitKey(text) {
  const first = text.indexOf('+');
  const second = text.indexOf('+', first + 1);
  return first < 0 || second < 0
    ? [text]
    : [text.slice(0, first), text.slice(first + 1, second), text.slice(second + 1)];
}

/** The text of a checkpoint: exactly origin, size and root. */
export function parseCheckpoint(text) {
  const lines = text.split('\n');
  if (lines.length !== 4 || lines[3] !== '') {
    fail('the checkpoint has not exactly three lines');
  }
  const [origin, sizeText, rootText] = lines;
  const size = decimal(sizeText);
  const root = fromBase64(rootText);
  if (!isOrigin(origin) || size === null || root === null || root.length !== 32) {
    fail('the checkpoint has no proper origin, size and root');
  }
  return { origin, size, root };
}

/** The time of a cosignature in seconds, if it is good; null if it is not. */
export async function cosignatureTime(crypto, key, text, signature) {
  if (signature.length !== 72) {
    return null;
  }
  const reader = new Reader(signature);
  const time = reader.big(8);
  if (time > POSIX_TIME_MAX) {
    return null;
  }
  const message = utf8(`cosignature/v1\ntime ${time}\n${text}`);
  return (await crypto.verify(key.publicKey, message, reader.take(64))) ? time : null;
}

/** Whether this signature of a note says that it is by this key. Two keys can be told apart by the same two members. */
export function isBy(signature, key) {
  return signature.name === key.name && signature.keyId === key.keyId;
}

/** Whether a key that signs notes as they are has signed one: a line names it, and every line that does is good. */
export async function isSignedBy(crypto, note, key) {
  const own = note.signatures.filter((it) => isBy(it, key));
  for (const { signature } of own) {
    if (!(await crypto.verify(key.publicKey, utf8(note.text), signature))) {
      return false;
    }
  }
  return own.length > 0;
}

/** A verifier key in its one spelling. */
export function keyText({ name, keyId, type, publicKey }) {
  return `${name}+${keyId}+${base64(concat(Uint8Array.of(type), publicKey))}`;
}

/** Whether two keys wrap the same public key. */
export function isSameKey(a, b) {
  return same(a.publicKey, b.publicKey);
}
