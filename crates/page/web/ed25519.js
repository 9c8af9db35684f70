// The Ed25519 rule strict-torsion-free/1 (FORMAT section 3): which keys are admitted, which signatures accepted.

import { concat, fromHex, hex } from './bytes.js';
import { Point } from './vendor/noble-ed25519/index.js';
import { sha512 } from './vendor/noble-hashes/sha2.js';

/** The order of the subgroup: the L of RFC 8032. */
const ORDER = (1n << 252n) + 27742317777372353535851937790883648493n;

/** The prime of the field: the p of RFC 8032. */
const FIELD = (1n << 255n) - 19n;

const KEYS_KNOWN_MAX = 4096;

/** Public keys that were judged, in hexadecimal digits: the judgement depends on nothing else. */
const judged = new Map();

function littleEndian(bytes) {
  return BigInt(`0x${hex(bytes.slice().reverse())}`);
}

/** The point that bytes encode in the one canonical way and that is not of small order, or null. */
function pointOf(bytes) {
  try {
    const point = Point.fromBytes(bytes, false);
    return hex(point.toBytes()) === hex(bytes) && !point.isSmallOrder() ? point : null;
  } catch {
    return null;
  }
}

/** Whether a public key is admitted: canonical, not of small order, in the prime-order subgroup. */
export function isAdmitted(publicKey) {
  const digits = hex(publicKey);
  let answer = judged.get(digits);
  if (answer === undefined) {
    const point = publicKey.length === 32 ? pointOf(publicKey) : null;
    answer = point !== null && point.isTorsionFree();
    if (judged.size >= KEYS_KNOWN_MAX) {
      judged.clear();
    }
    judged.set(digits, answer);
  }
  return answer;
}

/** The y coordinates of the points of small order, without the sign of x. */
const SMALL_ORDER_Y = new Set([
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0100000000000000000000000000000000000000000000000000000000000000',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
]);

/**
 * Whether the parts of a signature have the form that the rule asks for: s below L, R canonical and not of small order.
 * Whether R is on the curve at all is left to the equation.
 */
function hasStrictForm(signature) {
  if (signature.length !== 64 || littleEndian(signature.subarray(32)) >= ORDER) {
    return false;
  }
  const y = signature.slice(0, 32);
  y[31] &= 0x7f;
  return littleEndian(y) < FIELD && !SMALL_ORDER_Y.has(hex(y));
}

/** The equation without the cofactor, in plain arithmetic: [s]B - [k]A is R, byte for byte. */
function holds(publicKey, message, signature) {
  const r = signature.subarray(0, 32);
  const s = littleEndian(signature.subarray(32));
  const k = littleEndian(sha512(concat(r, publicKey, message))) % ORDER;
  const left = Point.BASE.multiply(s, false);
  const right = Point.fromBytes(publicKey, false).multiply(k, false);
  return hex(left.subtract(right).toBytes()) === hex(r);
}

/** Checks signatures by the rule in plain JavaScript. */
export function verifyPlain(publicKey, message, signature) {
  return isAdmitted(publicKey) && hasStrictForm(signature) && holds(publicKey, message, signature);
}

/** Public keys as the browser holds them, by their hexadecimal digits, for each implementation that was asked. */
const imported = new WeakMap();

async function importedKey(subtle, publicKey) {
  const keys = imported.get(subtle) ?? new Map();
  const digits = hex(publicKey);
  if (!keys.has(digits)) {
    if (keys.size >= KEYS_KNOWN_MAX) {
      keys.clear();
    }
    imported.set(subtle, keys.set(digits, await subtle.importKey('raw', publicKey, 'Ed25519', false, ['verify'])));
  }
  return keys.get(digits);
}

/** Checks signatures with the browser's own Ed25519, which {@link isStrict} has tried. */
export async function verifyNative(subtle, publicKey, message, signature) {
  if (!isAdmitted(publicKey) || !hasStrictForm(signature)) {
    return false;
  }
  return subtle.verify('Ed25519', await importedKey(subtle, publicKey), signature, message);
}

/** A key and a message of the trials: the first key of RFC 8032, and the word `witnessmark`. */
const TRIAL_KEY = 'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a';
const TRIAL_MESSAGE = '7769746e6573736d61726b';

/** What an implementation must accept and refuse before it is used. Everything else on which they differ is decided above. */
const TRIALS = [
  // As it must be.
  [
    '631b00dc05a10810055e61d29ebdaa003977b2dde46feedc1d82585485b58611' +
      '35e5b2c7eb46ee649ea0f72aa412e64c7ba0e2460c2d32b6cd85772e45b33201',
    true,
  ],
  // One bit of s is another.
  [
    '631b00dc05a10810055e61d29ebdaa003977b2dde46feedc1d82585485b58611' +
      '35e5b2c7eb46ee649fa0f72aa412e64c7ba0e2460c2d32b6cd85772e45b33201',
    false,
  ],
  // L was added to s.
  [
    '631b00dc05a10810055e61d29ebdaa003977b2dde46feedc1d82585485b58611' +
      '22b9a82406aa00bd743defcd820cc5617ba0e2460c2d32b6cd85772e45b33211',
    false,
  ],
  // It holds only with the cofactor: R is the sum of a good R and a point of order 8.
  [
    '75789521d9fc4caf477c742d850792ef2e80df4e0f6c38d812ea5700853c7f7d' +
      'd37d64b50286a21b083bacad61263b27819efab9c45d9ecaf51016e275316a06',
    false,
  ],
];

/** Whether this implementation decides the trials as the rule does. One that does not is not used. */
export async function isStrict(subtle) {
  try {
    const key = await subtle.importKey('raw', fromHex(TRIAL_KEY, 32), 'Ed25519', false, ['verify']);
    const message = fromHex(TRIAL_MESSAGE, 11);
    for (const [signature, expected] of TRIALS) {
      if ((await subtle.verify('Ed25519', key, fromHex(signature, 64), message)) !== expected) {
        return false;
      }
    }
    return true;
  } catch {
    return false;
  }
}

/** Whether the arithmetic of this page decides the trials as the rule does: it always must. */
export function isPlainStrict() {
  const [key, message] = [fromHex(TRIAL_KEY, 32), fromHex(TRIAL_MESSAGE, 11)];
  return TRIALS.every(([signature, expected]) => verifyPlain(key, message, fromHex(signature, 64)) === expected);
}
