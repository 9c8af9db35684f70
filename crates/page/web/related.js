// The records about the record: each is checked like the record itself, and a way of links leads from it there (FORMAT section 13).

import { fail, hex } from './bytes.js';
import { parseRecordEntry } from './entry.js';
import { paeDigest } from './pae.js';
import { readRecord, titleOf } from './record.js';
import { standingOf } from './standing.js';

/** The relations that say how two things hang together, and nothing of the other record. All others speak of it. */
const STRUCTURAL = new Set([
  'part_of',
  'has_part',
  'recovered_from',
  'found_in_shipment',
  'same_item_as',
  'same_event_as',
  'same_type_as',
  'derived_from',
  'traces',
]);

/** Whether a link with this relation speaks of the record that it points to. */
export function speaks(relation) {
  return !STRUCTURAL.has(relation);
}

/** The check `related`, given the run of all checks and the record with its id. */
export async function checkRelated(run, record, recordId) {
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
  if (found.some((related) => related.index === run.verdict.index)) {
    fail('the record is related to itself');
  }
  const ties = tiesTo(recordId, found);
  checkTimes(run, found);
  checkChainsAreNeeded(run, found);
  const detail = found.length === 0 ? 'none in this bundle' : `${found.length} checked like the record itself`;
  return [factsOf(run, found, ties, { record, recordId }), detail];
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
    record,
  };
}

/** What ties each entry to the record; refuses one from which no way leads there, or whose relation is not that of its tie. */
function tiesTo(recordId, found) {
  const places = new Map(found.map((related, place) => [related.recordId, place]));
  const web = found.map(({ record }, place) => webOf(record.links, recordId, (target) => otherPlace(places, target, place)));
  const steps = walk(web, (it) => it.direct !== null);
  const bearing = walk(web, (it) => it.speaksOfRecord);
  return web.map(({ direct, ways }, place) => {
    const [relation, about] = direct === null ? (ways[0] ?? []) : [direct, null];
    if (!steps.has(place) || relation !== found[place].relation) {
      fail('a related entry does not link to the record, or to another related entry, as it is said to');
    }
    return { about, steps: steps.get(place), bearsOnRecord: bearing.has(place) };
  });
}

function otherPlace(places, target, place) {
  const other = places.get(target);
  return other === place ? undefined : other;
}

/** The relation of the first link to the record, whether one speaks of it, and the speaking links to other related entries. */
function webOf(links, recordId, placeOf) {
  const direct = links.filter((link) => link.target === recordId);
  const ways = links
    .filter((link) => speaks(link.relation) && placeOf(link.target) !== undefined)
    .map((link) => [link.relation, placeOf(link.target)]);
  return { direct: direct[0]?.relation ?? null, speaksOfRecord: direct.some((link) => speaks(link.relation)), ways };
}

/** The places from which speaking links lead to one that `isFirst`, and these, with the least number of links to the record. */
function walk(web, isFirst) {
  const speaking = web.map(() => []);
  web.forEach(({ ways }, place) => ways.forEach(([, other]) => speaking[other].push(place)));
  const found = new Map();
  let reached = [...web.keys()].filter((place) => isFirst(web[place]));
  for (let steps = 1n; reached.length > 0; steps += 1n) {
    const next = [];
    for (const place of reached.filter((it) => !found.has(it))) {
      if (!found.has(place)) {
        found.set(place, steps);
        next.push(...speaking[place]);
      }
    }
    reached = next;
  }
  return found;
}

/** What a verdict tells of the entries, and what they leave of the record. */
function factsOf({ verdict }, found, ties, { record, recordId }) {
  const { index, organisation } = verdict;
  const standing = standingOf([...found, { index, recordId, organisation, record }]);
  const entries = found.map((related, place) => ({
    ...related,
    ...ties[place],
    about: ties[place].about === null ? index : found[ties[place].about].index,
    links: standing.linksOf(related),
    withdrawnBy: standing.withdrawnBy(related.recordId),
  }));
  return { entries, withdrawnBy: standing.withdrawnBy(recordId), corrections: standing.corrections };
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
