// The verdict as a reader sees it: the answer first, then what it rests on, what it does not show, and how to check it elsewhere.

import { element, listOf, pairs, part } from './dom.js';
import { byWhom } from './erased.js';
import { checks, failure, head, openedRows, what } from './frame.js';
import { escape, lookAlikes, quote, utc } from './show.js';
import { SINCE } from './words.js';

/** The elements that show a verdict. `opened` says which files were judged. */
export function showVerdict(verdict, opened) {
  return verdict.isPositive
    ? [head(verdict, answer(verdict)), ...positive(verdict, opened), checks(verdict)]
    : [head(verdict, failure(verdict), verdict.meaning), ...outcomes(verdict), checks(verdict), what(opened)];
}

/** The sentence that a reader can quote. */
function answer({ ledger, index, organisation, registeredAt }) {
  const when =
    ledger.witnessed !== null
      ? `no later than ${utc(ledger.witnessed * 1000n)}, by the clocks of the witnesses that the policy asks for`
      : `since ${utc(registeredAt)}, by the ledger's own clock`;
  return (
    `This record, exactly as printed here, is in the ledger ${quote(ledger.origin)} (entry ${index} of ${ledger.size}), ${when}. ` +
    `It is signed with a key registered to the organisation ${quote(organisation)}, and it has not changed since.`
  );
}

function positive(verdict, opened) {
  const { record } = verdict;
  const sections = [
    verdict.remarks.length > 0 && part('Remarks: what you have to know', listOf(verdict.remarks.map(escape))),
    holding(verdict),
    times(verdict),
    part('What the record says, every field', pairs(record.lines.map(([label, value]) => [escape(label), escape(value) + lookAlikes(value)]))),
    record.protected.length > 0 && protectedFields(record),
    files(record, opened),
    related(verdict),
    part('What this does not show', listOf(verdict.doesNotShow)),
    elsewhere(verdict, opened),
    part(
      'What it rests on',
      listOf([
        'SHA-256 and Ed25519 are not broken, and the organisation kept its key to itself.',
        'The policy came to you by an honest way, and so did this software.',
        compared(verdict),
      ]),
    ),
  ];
  return sections.filter((section) => section !== false);
}

/** Whether the bundle was compared with a checkpoint that its reader kept, and what came of it. */
function compared({ checks: made }) {
  const since = made.find(({ name }) => name === SINCE);
  return since === undefined
    ? "The ledger's state was compared with no earlier checkpoint that you kept."
    : `The ledger's state was compared with the checkpoint that you kept: ${since.detail}.`;
}

function holding({ record, organisation }) {
  return part(
    'What you hold',
    pairs([
      ['title', quote(record.title)],
      ['kind', record.kind.label],
      ['record id', record.recordId],
      ['asserted by', `${quote(record.assertedBy)} (who makes the claim)`],
      ['signed by', `${quote(organisation)} (who submitted it)`],
      ...record.signers.map((signer) => ['key', ...signerLines(signer)]),
    ]),
  );
}

function signerLines({ keyId, role, addedSeq, label, revoked }) {
  const called = label === null ? '' : `${quote(label)}, `;
  return [
    `${called}role ${role}, registered by key event ${addedSeq}, active when the record was registered`,
    ...(revoked === null ? [] : [`revoked afterwards by key event ${revoked.seq} (${revoked.reason})`]),
    `key id ${keyId}`,
  ];
}

function times({ ledger, record, registeredAt }) {
  const signed =
    record.signedAt === 0n ? 'the record does not say when' : `${utc(record.signedAt)}, by the signer's clock: a claim`;
  const witnessed = ledger.cosigned.map(({ name, time }) => [
    'witnessed',
    `${utc(time * 1000n)}, by the clock of the witness ${escape(name)}`,
  ]);
  if (ledger.witnessed !== null) {
    const by = `by then the policy's quorum had signed, ${escape(ledger.quorum)}`;
    witnessed.unshift(['witnessed', `not after ${utc(ledger.witnessed * 1000n)}: ${by}`]);
  }
  if (ledger.quorum === null) {
    witnessed.push([
      'witnessed',
      'no independent witness was required: the ledger could show different people different states',
    ]);
  }
  return part(
    'Times, each a different fact',
    pairs([
      ['signed', signed],
      ['registered', `${utc(registeredAt)}, by the ledger's own clock`],
      ...witnessed,
      ['happened', "see the record's own words below: a claim of the party that asserts it"],
    ]),
  );
}

function protectedFields(record) {
  const opened = record.protected.filter(({ shown }) => shown !== null);
  const closed = record.protected.filter(({ shown }) => shown === null);
  const withheld = closed.filter(({ erased }) => erased === null);
  const rows = [
    ...opened.map(({ shown, erased }) => [
      'shown',
      `${quote(shown.name)}: ${quote(shown.text)}`,
      'and verified: it is what the record committed to when it was signed',
      ...(erased === null ? [] : [`and reported as ${byWhom(erased)}`]),
    ]),
    ...closed.map(({ commitment, erased }) =>
      erased === null
        ? ['withheld', `commitment ${commitment}`]
        : ['erased', `commitment ${commitment}: ${byWhom(erased)}`],
    ),
  ];
  const note =
    'What is withheld can be shown later by the organisation alone, or by nobody if it was destroyed. Some commitments may stand for ' +
    'no field at all.';
  return part(
    'Protected fields: the record holds a salted digest of each',
    pairs(rows),
    ...(withheld.length > 0 ? [element('p', '', note)] : []),
  );
}

/** The files that the record names; and those that the reader opened for nothing. */
function files(record, opened) {
  const named = new Set(record.files.filter((file) => file.state !== 'not_named').map((file) => file.name));
  const others = opened.files.filter((name) => !named.has(name));
  const rows = [
    ...record.files.map(fileRow),
    ...others.map((name) => [quote(name), 'opened here, and not compared: the bundle does not name it']),
  ];
  return rows.length > 0 && part('Files the record names', pairs(rows));
}

function fileRow({ name, size, sha256, sha512, words, erased }) {
  return [
    quote(name),
    escape(words),
    ...(erased === null ? [] : [`reported as ${byWhom(erased)}`]),
    `${size} bytes, SHA-256 ${sha256}`,
    ...(sha512 === null ? [] : [`SHA-512 ${sha512}`]),
  ];
}

/** What was found of every file, when one of them ended the checks. */
function outcomes(verdict) {
  return verdict.files.length > 0 ? [part('Files the record names', pairs(verdict.files.map(fileRow)))] : [];
}

function related({ ledger, index, record }) {
  const rows = record.related.entries.map((it) => {
    const about = it.about === index ? '' : ` on entry ${it.about}`;
    const by = `by ${escape(it.organisation)}, registered ${utc(it.registeredAt)}`;
    return [
      escape(it.relation),
      `entry ${it.index}${about}, ${by}: ${quote(it.title)}`,
      ...(it.withdrawnBy === null ? [] : [`WITHDRAWN by entry ${it.withdrawnBy}`]),
      `record ${it.recordId}`,
    ];
  });
  const words = rows.length === 0 ? 'None is in this bundle.' : 'Each of these was checked like the record itself.';
  const note =
    `${words} The ledger says that this is complete up to entry ${ledger.size - 1n}; only an audit of the whole ledger can show ` +
    'that it is.';
  return part('What others, or the same organisation, recorded about it', pairs(rows), element('p', '', note));
}

function elsewhere({ ledger, policySha256 }, opened) {
  return part(
    'How to check this yourself, without us',
    listOf([
      `Get the trust policy of ${quote(ledger.origin)} from a source that you trust; its SHA-256 here is ${policySha256}.`,
      'Run: witnessmark-verify bundle BUNDLE --policy POLICY (it needs no network and no account).',
      'Or write your own: docs/FORMAT.md has every byte; SHA-256 (RFC 6962 trees), Ed25519 and DSSE are all it needs.',
    ]),
    pairs(openedRows(opened)),
  );
}
