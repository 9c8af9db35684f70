// SHA-256 and Ed25519: the browser's own where it has them and they are strict, else the code that came with this page.

import { isStrict, verifyNative, verifyPlain } from './ed25519.js';
import { sha256 as plainSha256 } from './vendor/noble-hashes/sha2.js';

/** After so long the page is given time for everything else. */
const PAUSE_EVERY_MS = 50;

/** What the checks calculate with. */
export class Crypto {
  #subtle;
  #signaturesNative;
  #pausedAt = 0;

  constructor(subtle, signaturesNative) {
    this.#subtle = subtle;
    this.#signaturesNative = signaturesNative;
  }

  /** Tries what the browser offers. A page that came over plain HTTP is offered nothing. */
  static async open(subtle = globalThis.crypto?.subtle) {
    if (!subtle) {
      return Crypto.plain();
    }
    return new Crypto(subtle, await isStrict(subtle));
  }

  /** Uses nothing of the browser. */
  static plain() {
    return new Crypto(null, false);
  }

  /** Whose SHA-256 and Ed25519 are used, in words. */
  get words() {
    const whose = (native) => (native ? "the browser's own" : "this page's own");
    return `SHA-256: ${whose(this.#subtle !== null)}; Ed25519: ${whose(this.#signaturesNative)}`;
  }

  /** The SHA-256 of bytes. */
  async sha256(bytes) {
    if (this.#subtle === null) {
      return plainSha256(bytes);
    }
    return new Uint8Array(await this.#subtle.digest('SHA-256', bytes));
  }

  /** Whether a signature is good by the rule strict-torsion-free/1. */
  async verify(publicKey, message, signature) {
    if (this.#signaturesNative) {
      return verifyNative(this.#subtle, publicKey, message, signature);
    }
    await this.#pause();
    return verifyPlain(publicKey, message, signature);
  }

  /** Lets the page live while much is calculated. */
  async #pause() {
    if (performance.now() - this.#pausedAt > PAUSE_EVERY_MS) {
      await new Promise((resolve) => setTimeout(resolve, 0));
      this.#pausedAt = performance.now();
    }
  }
}
