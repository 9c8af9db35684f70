// The charter: entry 0 of a log, and who may admit organisations (FORMAT section 6).

import { fail, textOf } from './bytes.js';
import { KIND_CHARTER, parseEntry } from './entry.js';
import { Fields, thresholdOf } from './fields.js';
import { isOrigin } from './names.js';
import { pae } from './pae.js';
import { countSigners, keyring } from './signers.js';

function parseCharter(payload) {
  const fields = new Fields(textOf(payload) ?? fail('the charter is not UTF-8'));
  fields.literal('witnessmark/charter/v1');
  const origin = fields.value('origin');
  if (!isOrigin(origin)) {
    fail('the origin of the charter is none');
  }
  const created = fields.decimal('created');
  fields.literal('hash rfc6962-sha256');
  fields.literal('ed25519 strict-torsion-free/1');
  fields.literal('entry-bytes-max 65535');
  const threshold = fields.decimal('threshold');
  const registrars = fields.keys('registrar');
  fields.end();
  return { origin, created, threshold: thresholdOf(threshold, registrars), registrars };
}

/** The charter in the entry with these bytes, which must be rightly signed. */
export async function readCharter(crypto, bytes) {
  const entry = parseEntry(bytes);
  if (entry.kind !== KIND_CHARTER) {
    fail('entry 0 is not a charter');
  }
  const charter = parseCharter(entry.payload);
  const ring = await keyring(crypto, charter.registrars);
  const message = pae(entry.payloadType, entry.payload);
  const signers = await countSigners(crypto, entry.signatures, message, [ring]);
  if (signers.get(ring) < charter.threshold) {
    fail('the charter is signed by too few registrars');
  }
  return { ...charter, registeredAt: entry.registeredAt, ring };
}
