// What a reader has to know although every check passed (FORMAT sections 12, 13.2 and 14).

import { remarksOnErased } from './erased.js';
import { speaks } from './related.js';
import { escape, quote, utc } from './show.js';

/** The remarks on the record at `index`, each one sentence. */
export function remarksOn(record, index, registeredAt) {
  const related = new RelatedRemarks(index, record.related);
  return [
    ...related.withdrawals(),
    ...record.signers.filter((signer) => isSuspect(signer, registeredAt)).map(suspicion),
    ...related.others(),
    ...remarksOnErased(record),
    ...(record.withheld > 0 ? [withheld(record.withheld)] : []),
  ];
}

function isSuspect(signer, registeredAt) {
  return signer.suspectedSince !== null && signer.suspectedSince <= registeredAt;
}

function suspicion(signer) {
  return (
    `The organisation later revoked key ${signer.keyId} and says that it may have been in other hands since ` +
    `${utc(signer.suspectedSince)}, which is before this record was registered.`
  );
}

function withheld(count) {
  return `${count} protected field(s) were committed to and are withheld here; some may stand for no field at all.`;
}

/** Relations that are remarked on when they have effect, and how they are said. */
const VERBS = {
  corrects: 'corrects',
  contradicts: 'contradicts',
  withdraws: 'withdraws',
  corroborates: 'corroborates',
  supersedes: 'takes the place of',
  updates: 'gives later figures than',
  responds_to: 'responds to',
  about: 'speaks of',
  custody_of: 'tells a step in the custody of',
};
const REMARKED = new Set(['corrects', 'contradicts', 'supersedes', 'updates']);

function verb(relation) {
  const words = relation.replaceAll('_', ' ');
  const other = speaks(relation) ? `says \`${words}\` of` : `is linked by \`${words}\` with`;
  return Object.hasOwn(VERBS, relation) ? VERBS[relation] : other;
}

/** The list under a key, which is made if need be. */
function listIn(map, key) {
  if (!map.has(key)) {
    map.set(key, []);
  }
  return map.get(key);
}

/** The remarks on the related entries of the record at `index`. */
class RelatedRemarks {
  constructor(index, { entries, corrections }) {
    Object.assign(this, { index, entries });
    /** By the entry that corrects. */
    this.corrections = new Map();
    for (const one of corrections) {
      listIn(this.corrections, one.by).push(one);
    }
    /** Who answers, by the entry that is answered. */
    this.answers = new Map();
    for (const { index: by, organisation, links } of entries) {
      for (const link of links.filter((it) => it.relation === 'responds_to')) {
        listIn(this.answers, link.about).push(`entry ${by} by ${organisation}`);
      }
    }
  }

  /** The withdrawals of the record that stand: what a reader has to know before anything else. */
  withdrawals() {
    return this.entries
      .filter((it) => it.withdrawnBy === null && it.links.some((link) => this.isWithdrawal(link)))
      .map((it) => this.remark(it, 'withdraws this record'));
  }

  /** All other remarks, on the entries that speak of the record, or of one that does. */
  others() {
    return this.entries.filter((it) => it.bearsOnRecord).flatMap((it) => this.onEntry(it));
  }

  isWithdrawal({ relation, about, hasEffect }) {
    return relation === 'withdraws' && about === this.index && hasEffect;
  }

  onEntry(entry) {
    if (entry.withdrawnBy !== null) {
      const by = this.object(entry.withdrawnBy);
      const said = `${verb(entry.relation)} ${this.object(entry.about)}`;
      return [this.remark(entry, `${said}, and no longer counts: its own organisation withdrew it with ${by}`)];
    }
    return entry.links
      .filter((link) => !this.isWithdrawal(link))
      .flatMap((link) => this.onLink(entry, link))
      .map((words) => this.remark(entry, words));
  }

  /** What one link says that a reader has to know; nothing for most relations. */
  onLink(entry, { relation, about, hasEffect }) {
    const object = this.object(about);
    const made = relation === 'corrects' ? (this.corrections.get(entry.index) ?? []) : [];
    const own = made.filter((it) => it.on === about);
    if (own.length > 0) {
      return own.map((it) => correction(it, object));
    }
    if (!hasEffect) {
      return [`${verb(relation)} ${object}, which has no effect: another organisation signed ${object}`];
    }
    return REMARKED.has(relation) ? [`${verb(relation)} ${object}`] : [];
  }

  object(about) {
    return about === this.index ? 'this record' : `entry ${about}`;
  }

  /** One sentence: who says what, who answered it, and under which title. */
  remark(entry, words) {
    const answers = this.answers.get(entry.index) ?? [];
    const answered = answers.length === 0 ? '' : ` (answered in ${answers.join(', ')})`;
    return `Entry ${entry.index} by ${entry.organisation} ${words}${answered}: ${quote(entry.title)}`;
  }
}

/** What a correction does to its object, with every change, or why it does nothing. */
function correction({ reason, effect, because, changes }, object) {
  switch (effect) {
    case 'applied': {
      const said = changes.map(({ field, was, now }) => `${escape(field)}: said ${value(was)}, says now ${value(now)}`);
      return `corrects ${object} (${reason}): ${said.join('; ')}`;
    }
    case 'stale':
      return `would correct ${object} (${reason}), which has no effect: ${because.join(', and ')}`;
    default:
      return `would correct ${object} (${reason}), which has no effect: another organisation signed ${object}`;
  }
}

function value(words) {
  return words === null ? 'nothing' : quote(words);
}
