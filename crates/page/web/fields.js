// Texts of one item a line, such as charters and key events: each line has a name, a space and a value.

import { U64_MAX, decimal, fail, fromHex, hex, lines } from './bytes.js';
import { isAdmitted } from './ed25519.js';

/** The most keys in a list of registrars or roots. */
const KEYS_MAX = 16;

/** Reads the lines of such a text in their order. */
export class Fields {
  #lines;

  constructor(text) {
    this.#lines = lines(text);
  }

  /** The next line, which must be this. */
  literal(expected) {
    if (this.#lines.shift() !== expected) {
      fail(`the line "${expected}" is not in its place`);
    }
  }

  /** Whether the next line has this name. */
  isNext(name) {
    return this.#lines[0]?.startsWith(`${name} `) ?? false;
  }

  /** The value of the next line, which must have this name. */
  value(name) {
    if (!this.isNext(name)) {
      fail(`the line "${name}" is not in its place`);
    }
    return this.#lines.shift().slice(name.length + 1);
  }

  /** The next value as a whole number. */
  decimal(name, max = U64_MAX) {
    return decimal(this.value(name), max) ?? fail(`the line "${name}" has no whole number`);
  }

  /** The next value as 32 bytes, in hexadecimal digits. */
  digest(name) {
    const text = this.value(name);
    return fromHex(text, 32) === null ? fail(`the line "${name}" has no 64 hexadecimal digits`) : text;
  }

  /** 1 to 16 lines of public keys, ascending and each once. */
  keys(name) {
    const keys = [];
    while (this.isNext(name)) {
      const key = keyOf(this.value(name));
      if (keys.length > 0 && hex(keys.at(-1)) >= hex(key)) {
        fail(`the lines "${name}" do not ascend`);
      }
      keys.push(key);
    }
    return keys.length >= 1 && keys.length <= KEYS_MAX ? keys : fail(`there are not 1 to 16 lines "${name}"`);
  }

  /** Refuses whatever is left. */
  end() {
    if (this.#lines.length > 0) {
      fail('there is a line that does not belong there');
    }
  }
}

/** A public key that is admitted. */
export function keyOf(text) {
  const key = fromHex(text, 32);
  return key !== null && isAdmitted(key) ? key : fail('a public key is not admitted');
}

/** A threshold that so many keys can meet. */
export function thresholdOf(threshold, keys) {
  const number = Number(threshold);
  return number >= 1 && number <= keys.length ? number : fail('the threshold does not fit the number of keys');
}
