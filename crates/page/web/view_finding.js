// The answer on a file of misbehaviour as a reader sees it: what was signed, and what it does not show.

import { hex } from './bytes.js';
import { listOf, pairs, part } from './dom.js';
import { checks, failure, head, what } from './frame.js';
import { quote } from './show.js';

/** The elements that show a finding. `opened` says which files were judged. */
export function showFinding(finding, opened) {
  return [
    head(finding, finding.isPositive ? answer(finding.facts) : failure(finding), finding.meaning),
    ...(finding.facts === null ? [] : [signed(finding.facts)]),
    ...(finding.isPositive ? [part('What this does not show', listOf(finding.doesNotShow)), elsewhere()] : []),
    checks(finding),
    what(opened),
    ...others(opened),
  ];
}

/** The sentence that a reader can quote. */
function answer(facts) {
  return (
    `The key that your policy gives for the ledger ${quote(facts.origin)} signed two checkpoints that cannot both be honest: ` +
    `${contradiction(facts)}.`
  );
}

function contradiction({ kind, heads: [old, now], evidence }) {
  switch (kind) {
    case 'two-roots':
      return `for the size of ${old.size} entries it signed two different trees`;
    case 'two-beginnings':
      return `the tree of ${now.size} entries does not begin with the tree of ${old.size} entries`;
    default:
      return `at index ${evidence.index} they have different entries`;
  }
}

function signed(facts) {
  const { origin, key, heads, cosignedBoth } = facts;
  return part(
    'What was signed',
    pairs([
      ['ledger', quote(origin)],
      ['key', key],
      ...heads.map(({ size, root }, at) => [['first', 'second'][at], `${size} entries, root hash ${hex(root)}`]),
      ...evidenceRows(facts),
      ...cosignedBoth.map((name) => ['witnesses', `${quote(name)} cosigned both`]),
    ]),
  );
}

function evidenceRows({ kind, heads, evidence }) {
  switch (kind) {
    case 'two-beginnings':
      return [
        ['evidence', `a proof that the first ${heads[0].size} entries of the second have the root hash ${hex(evidence.root)}`],
      ];
    case 'two-entries':
      return evidence.leaves.map(({ leaf }, at) => [
        'evidence',
        `a proof that the ${['first', 'second'][at]} has the leaf hash ${hex(leaf)} at index ${evidence.index}`,
      ]);
    default:
      return [];
  }
}

function elsewhere() {
  return part(
    'How to check this yourself, without us',
    listOf([
      'Run: witnessmark-verify misbehaviour FILE --policy POLICY (it needs no network and no account).',
      'Or write your own: section 17 of docs/FORMAT.md has every byte.',
    ]),
  );
}

/** What the reader opened for nothing. */
function others({ unused }) {
  const rows = unused.map((name) => [quote(name), 'opened here, and not used: a file that accuses a ledger is judged alone']);
  return rows.length === 0 ? [] : [part('What else was opened', pairs(rows))];
}
