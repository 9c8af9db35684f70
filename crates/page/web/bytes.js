// Bytes, and the texts that stand for them: each parser here accepts exactly one spelling (FORMAT section 1).

/** What is wrong with an input, in a lower-case fragment. Every other error is a mistake of this program. */
export class Fault extends Error {}

/** Ends the reading of an input. */
export function fail(what) {
  throw new Fault(what);
}

const DECODER = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const ENCODER = new TextEncoder();

/** The bytes of a text in UTF-8. */
export function utf8(text) {
  return ENCODER.encode(text);
}

/** The text that bytes spell in UTF-8, or null. A byte order mark is kept as the character that it is. */
export function textOf(bytes) {
  try {
    return DECODER.decode(bytes);
  } catch {
    return null;
  }
}

/** All bytes, one after the other. */
export function concat(...parts) {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const all = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** Whether two lists of bytes are the same. */
export function same(a, b) {
  return a.length === b.length && a.every((byte, at) => byte === b[at]);
}

const DIGITS = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/** Lower-case hexadecimal digits. */
export function hex(bytes) {
  let text = '';
  for (const byte of bytes) {
    text += DIGITS[byte];
  }
  return text;
}

/** The `length` bytes that lower-case hexadecimal digits spell, or null. */
export function fromHex(text, length) {
  if (text.length !== length * 2 || !/^[0-9a-f]*$/.test(text)) {
    return null;
  }
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at += 1) {
    bytes[at] = Number.parseInt(text.slice(at * 2, at * 2 + 2), 16);
  }
  return bytes;
}

const BASE64_FORM = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** The base64 of RFC 4648 section 4, with padding. */
export function base64(bytes) {
  let binary = '';
  for (let at = 0; at < bytes.length; at += 8192) {
    binary += String.fromCharCode(...bytes.subarray(at, at + 8192));
  }
  return btoa(binary);
}

/** The bytes that strict base64 spells, or null: padded, in one line, with zero trailing bits. */
export function fromBase64(text) {
  if (text.length % 4 !== 0 || !isBase64(text)) {
    return null;
  }
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let at = 0; at < binary.length; at += 1) {
    bytes[at] = binary.charCodeAt(at);
  }
  // Trailing bits that are not zero are lost in decoding, so they show in encoding again.
  return base64(bytes.subarray(bytes.length - (bytes.length % 3 || 3))) === text.slice(-4) ? bytes : null;
}

/** The form is tested in pieces, because an expression over megabytes exhausts some engines. */
function isBase64(text) {
  for (let at = 0; at < text.length; at += 4096) {
    const piece = text.slice(at, at + 4096);
    const isLast = at + 4096 >= text.length;
    if (!BASE64_FORM.test(piece) || (!isLast && piece.includes('='))) {
      return false;
    }
  }
  return true;
}

/** The largest integer of 64 bits. */
export const U64_MAX = (1n << 64n) - 1n;

/** The integer that decimal digits spell, without sign and leading zeros and not above `max`, or null. */
export function decimal(text, max = U64_MAX) {
  if (!/^(?:0|[1-9][0-9]{0,19})$/.test(text)) {
    return null;
  }
  const value = BigInt(text);
  return value <= max ? value : null;
}

/** Reads bytes from the front. A length is checked before what it measures is read. */
export class Reader {
  #bytes;
  #at = 0;

  constructor(bytes) {
    this.#bytes = bytes;
  }

  /** How many bytes are left. */
  get left() {
    return this.#bytes.length - this.#at;
  }

  /** The next `length` bytes, as a copy. */
  take(length) {
    if (length > this.left) {
      fail('it ends too early');
    }
    const start = this.#at;
    this.#at += length;
    return this.#bytes.slice(start, this.#at);
  }

  /** The next integer of `length` bytes, most significant byte first, as a BigInt. */
  big(length) {
    return this.take(length).reduce((value, byte) => (value << 8n) | BigInt(byte), 0n);
  }

  /** The next integer of at most 4 bytes as a number. */
  number(length) {
    return Number(this.big(length));
  }

  /** Refuses whatever is left. */
  end() {
    if (this.left > 0) {
      fail('something follows its end');
    }
  }
}

/** Splits a text whose every line ends in a line feed. */
export function lines(text) {
  if (!text.endsWith('\n')) {
    fail('the last line has no end');
  }
  return text.slice(0, -1).split('\n');
}
