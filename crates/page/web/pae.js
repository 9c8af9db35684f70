// What a signature of an organisation is over, and the ids that follow from it (FORMAT section 2).

import { concat, hex, utf8 } from './bytes.js';

export const TYPE_RECORD = 'application/vnd.witnessmark.record.v1+protobuf';
export const TYPE_KEY_EVENT = 'application/vnd.witnessmark.key-event.v1+text';
export const TYPE_CHARTER = 'application/vnd.witnessmark.charter.v1+text';

/** The DSSE encoding of a payload and its type: what is signed. */
export function pae(type, body) {
  const typeBytes = utf8(type);
  return concat(utf8(`DSSEv1 ${typeBytes.length} `), typeBytes, utf8(` ${body.length} `), body);
}

/** SHA-256 over the encoding: of a record its record id. */
export function paeDigest(crypto, type, body) {
  return crypto.sha256(pae(type, body));
}

const COSE_KEY = Uint8Array.of(0xa3, 0x01, 0x01, 0x20, 0x06, 0x21, 0x58, 0x20);

/** The key id of a public key, in hexadecimal digits: the thumbprint of RFC 9679. */
export async function keyIdOf(crypto, publicKey) {
  return hex(await crypto.sha256(concat(COSE_KEY, publicKey)));
}
