// Every value of the vector file, by the modules of the page: with the browser's own cryptography, and with the page's.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';

import { decimal, fromBase64, fromHex, hex, utf8 } from '../../web/bytes.js';
import { KeyChain } from '../../web/chain.js';
import { readCharter } from '../../web/charter.js';
import { Crypto } from '../../web/crypto.js';
import { parseDisclosure } from '../../web/disclosure.js';
import { isPlainStrict, isStrict } from '../../web/ed25519.js';
import { parseEntry } from '../../web/entry.js';
import { TYPE_LOG, TYPE_WITNESS, parseCheckpoint, parseNote, parseVerifierKey } from '../../web/note.js';
import { TYPE_CHARTER, TYPE_KEY_EVENT, keyIdOf, pae, paeDigest } from '../../web/pae.js';
import { checkLog, checkWitnesses, parsePolicy } from '../../web/policy.js';
import { parseProof } from '../../web/proof.js';
import { checkConsistency, checkInclusion, leafHash } from '../../web/tree.js';

const VECTORS = JSON.parse(
  readFileSync(new URL('../../../verifier/vectors/witnessmark-v1.json', import.meta.url), 'utf8'),
);
const bytes = (digits) => fromHex(digits, digits.length / 2);

test('both implementations of Ed25519 decide the trials as the rule does', async () => {
  assert.equal(isPlainStrict(), true);
  assert.equal(await isStrict(globalThis.crypto.subtle), true);
  const lenient = { importKey: async () => 0, verify: async () => true };
  assert.equal(await isStrict(lenient), false);
});

test('the time of witnesses is the least at which they are a quorum', async () => {
  const trusting = { verify: async () => true };
  const keyId = (place) => `0000000${place}`;
  const line = (place, time) => {
    const signature = new Uint8Array(72);
    new DataView(signature.buffer).setBigUint64(0, BigInt(time));
    return { name: `w${place}`, keyId: keyId(place), signature };
  };
  const publicKey = new Uint8Array(32);
  const witness = (place) => ({ label: `w${place}`, name: `w${place}`, keyId: keyId(place), publicKey });
  const witnesses = [1, 2, 3, 4].map(witness);
  const members = new Map(witnesses.map(({ label }) => [label, null]));
  members.set('x', { needed: 2, members: ['w1', 'w2', 'w3'] });
  members.set('both', { needed: 2, members: ['x', 'w4'] });
  const note = { text: '', signatures: [line(1, 9), line(2, 30), line(3, 7), line(3, 8), line(4, 5)] };
  const at = async (quorum) => (await checkWitnesses(trusting, { witnesses, members, quorum }, note)).witnessed;
  assert.deepEqual([await at(null), await at('w2'), await at('x'), await at('both')], [null, 30n, 9n, 9n]);
  members.set('all', { needed: 4, members: ['w1', 'w2', 'w3', 'w4'] });
  assert.equal(await at('all'), 30n);
  note.signatures.pop();
  await assert.rejects(at('both'));
});

for (const [name, crypto] of [
  ['native', await Crypto.open()],
  ['plain', Crypto.plain()],
]) {
  test(`${name}: keys and the record`, async () => {
    for (const { public: key, key_id: id } of Object.values(VECTORS.keys)) {
      assert.equal(await keyIdOf(crypto, bytes(key)), id);
    }
    const { payload_type: type, payload, pae: encoded, record_id: id } = VECTORS.record;
    assert.equal(hex(pae(type, bytes(payload))), encoded);
    assert.equal(hex(await paeDigest(crypto, type, bytes(payload))), id);
    for (const who of ['device', 'officer']) {
      const signature = bytes(VECTORS.record[`signature_${who}`]);
      const key = bytes(VECTORS.keys[who].public);
      assert.equal(await crypto.verify(key, bytes(encoded), signature), true);
      signature[7] ^= 1;
      assert.equal(await crypto.verify(key, bytes(encoded), signature), false);
    }
  });

  test(`${name}: charter and key chain`, async () => {
    const charter = await readCharter(crypto, bytes(VECTORS.charter.entry));
    assert.equal(charter.origin, VECTORS.origin);
    const entry = parseEntry(bytes(VECTORS.charter.entry));
    assert.equal(new TextDecoder().decode(entry.payload), VECTORS.charter.payload_text);
    assert.equal(entry.payloadType, TYPE_CHARTER);
    const chain = new KeyChain(crypto, charter, VECTORS.key_chain.org);
    for (const event of VECTORS.key_chain.events) {
      await chain.apply(bytes(event.entry));
      assert.equal(chain.head, event.head);
      const payload = utf8(event.payload_text);
      assert.equal(hex(await paeDigest(crypto, TYPE_KEY_EVENT, payload)), event.pae_sha256);
    }
  });

  test(`${name}: entries, roots and proofs`, async () => {
    const leaves = [];
    for (const { entry, leaf_hash: expected } of VECTORS.entries) {
      parseEntry(bytes(entry));
      const leaf = await leafHash(crypto, bytes(entry));
      assert.equal(hex(leaf), expected);
      leaves.push(leaf);
    }
    assert.equal(hex(await crypto.sha256(new Uint8Array())), VECTORS.roots[0]);
    const root = (size) => bytes(VECTORS.roots[size]);
    for (const { index, size, proof } of VECTORS.inclusion) {
      const at = { leaf: leaves[index], size: BigInt(size), root: root(size), proof: proof.map(bytes) };
      await checkInclusion(crypto, { ...at, index: BigInt(index) });
      await assert.rejects(checkInclusion(crypto, { ...at, index: BigInt(index + 1) }));
      await assert.rejects(checkInclusion(crypto, { ...at, index: BigInt(index), proof: [...at.proof, leaves[0]] }));
    }
    for (const { old, new: now, proof } of VECTORS.consistency) {
      const [from, to] = [old, now].map((size) => ({ size: BigInt(size), root: root(size) }));
      await checkConsistency(crypto, from, to, proof.map(bytes));
      await assert.rejects(checkConsistency(crypto, from, to, [...proof.map(bytes), leaves[0]]));
      await assert.rejects(checkConsistency(crypto, { ...from, root: leaves[2] }, to, proof.map(bytes)));
    }
  });

  test(`${name}: notes, policy and proof file`, async () => {
    const log = await parseVerifierKey(crypto, VECTORS.log_vkey);
    assert.deepEqual([log.name, log.type, hex(log.publicKey)], [VECTORS.origin, TYPE_LOG, VECTORS.keys.log.public]);
    const witness = await parseVerifierKey(crypto, VECTORS.witness_vkey);
    assert.deepEqual([witness.type, hex(witness.publicKey)], [TYPE_WITNESS, VECTORS.keys.witness.public]);
    const policy = await parsePolicy(crypto, VECTORS.policy);
    for (const [size, text] of Object.entries(VECTORS.checkpoints)) {
      const checkpoint = await checkLog(crypto, policy, parseNote(text));
      assert.deepEqual([checkpoint.size, hex(checkpoint.root)], [BigInt(size), VECTORS.roots[size]]);
      await assert.rejects(checkWitnesses(crypto, policy, parseNote(text)));
    }
    const cosigned = parseNote(VECTORS.checkpoint_cosigned);
    await checkLog(crypto, policy, cosigned);
    assert.equal((await checkWitnesses(crypto, policy, cosigned)).cosigned.length, 1);
    const proof = parseProof(VECTORS.tlog_proof);
    const checkpoint = await checkLog(crypto, policy, parseNote(proof.checkpoint));
    const leaf = bytes(VECTORS.entries[Number(proof.index)].leaf_hash);
    await checkInclusion(crypto, { leaf, index: proof.index, size: checkpoint.size, root: checkpoint.root, proof: proof.hashes });
  });

  test(`${name}: a request to a witness`, async () => {
    const [head, ...rest] = VECTORS.add_checkpoint_request.split('\n\n');
    const [first, ...hashes] = head.split('\n');
    const old = decimal(first.replace('old ', ''));
    const { size, root } = parseCheckpoint(parseNote(rest.join('\n\n')).text);
    const from = { size: old, root: bytes(VECTORS.roots[old]) };
    await checkConsistency(crypto, from, { size, root }, hashes.map(fromBase64));
  });

  test(`${name}: disclosures`, async () => {
    const digests = [];
    for (const field of VECTORS.disclosures.fields) {
      const opened = parseDisclosure(bytes(field.disclosure));
      assert.deepEqual([opened.name, opened.type], [field.name, field.type]);
      assert.equal(opened.text, String(field.value));
      assert.equal(hex(await crypto.sha256(bytes(field.disclosure))), field.digest);
      digests.push(field.digest);
    }
    assert.deepEqual(digests.sort(), VECTORS.disclosures.sorted_digests);
  });
}
