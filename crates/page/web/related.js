// The records about the record: each is checked like the record itself, and must be about it (FORMAT section 13).

import { fail, hex } from './bytes.js';
import { parseRecordEntry } from './entry.js';
import { paeDigest } from './pae.js';
import { readRecord, titleOf } from './record.js';

/** The check `related`, given the run of all checks. */
export async function checkRelated(run, recordId) {
  const found = [];
  let before = -1n;
  for (const proven of run.bundle.related) {
    const { index } = proven.proof;
    if (index <= before) {
      fail('the related entries do not ascend by index');
    }
    before = index;
    found.push(await checkOne(run, proven));
  }
  for (const related of found) {
    checkRelation(related, recordId);
  }
  checkTimes(run, found);
  checkChainsAreNeeded(run, found);
  const detail = found.length === 0 ? 'none in this bundle' : `${found.length} checked like the record itself`;
  return [found, detail];
}

async function checkOne(run, { relation, entry: bytes, proof }) {
  await run.checkIncluded({ entry: bytes, proof });
  const entry = parseRecordEntry(bytes);
  run.checkChain(entry);
  await run.checkSignatures(entry);
  const record = readRecord(entry, run.checkpoint.origin);
  return {
    relation,
    index: proof.index,
    recordId: hex(await paeDigest(run.crypto, entry.payloadType, entry.payload)),
    organisation: entry.org,
    registeredAt: entry.registeredAt,
    title: titleOf(record),
    links: record.links,
  };
}

/** The relation that is named must be that of the first link to the record. */
function checkRelation({ relation, links }, recordId) {
  if (links.find((link) => link.target === recordId)?.relation !== relation) {
    fail('a related entry does not link to the record as it is said to');
  }
}

/** In a ledger no entry has an earlier time than the one before it. */
function checkTimes(run, found) {
  const { verdict, charter } = run;
  const entries = [{ index: 0n, registeredAt: charter.registeredAt }, verdict, ...found];
  entries.sort((a, b) => (a.index < b.index ? -1 : Number(a.index > b.index)));
  if (entries.some((entry, at) => at > 0 && entry.registeredAt < entries[at - 1].registeredAt)) {
    fail('a later entry has an earlier time of registration');
  }
}

/** There is a key chain for everybody who signed, and for nobody else. */
function checkChainsAreNeeded(run, found) {
  const needed = new Set([run.verdict.organisation, ...found.map((related) => related.organisation)]);
  for (const org of run.chains.keys()) {
    if (!needed.has(org)) {
      fail('there are key events of an organisation that signed nothing here');
    }
  }
}
