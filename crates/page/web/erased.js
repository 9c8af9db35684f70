// What related records say was erased of the record, or opened to somebody (FORMAT section 12).

import { hex } from './bytes.js';
import { wordOf } from './record.js';
import { escape, quote } from './show.js';

/** Reads the related entries; `organisation` signed the record. All in the order of the log. */
export function toldOf(entries, recordId, organisation) {
  const told = { erased: [], openings: [], counting: new Map() };
  for (const related of entries) {
    const by = { index: related.index, organisation: related.organisation, ...validity(related, organisation) };
    told.erased.push(...erased(related.record, recordId).map((it) => ({ ...by, ...it })));
    told.openings.push(...opened(related.record, recordId).map((it) => ({ ...by, ...it })));
  }
  for (const one of told.erased.filter((it) => it.validity === 'counts')) {
    const name = `${one.kind} ${one.digest}`;
    told.counting.set(name, told.counting.get(name) ?? one);
  }
  return told;
}

/** The erasure of this field or file that counts, or null: the first one of those that stand. */
export function counting(told, kind, digest) {
  return told.counting.get(`${kind} ${digest}`) ?? null;
}

function validity(related, organisation) {
  if (related.organisation !== organisation) {
    return { validity: 'other_organisation', withdrawnBy: null };
  }
  return { validity: related.withdrawnBy === null ? 'counts' : 'withdrawn', withdrawnBy: related.withdrawnBy };
}

function isDigest(bytes) {
  return bytes?.length === 32;
}

function isOf(item, recordId) {
  return item.get('record') !== undefined && hex(item.get('record')) === recordId;
}

function erased({ kind, message }, recordId) {
  if (kind.field !== 'erasure') {
    return [];
  }
  const body = message.get('erasure');
  const targets = body.get('targets', []).filter((it) => isOf(it, recordId) && isDigest(it.get('digest')));
  return targets.map((target) => ({
    kind: wordOf(target, 'kind'),
    digest: hex(target.get('digest')),
    date: body.get('date', ''),
    authority: body.get('authority', ''),
    remains: body.get('remains', ''),
  }));
}

function opened({ kind, message }, recordId) {
  if (kind.field !== 'disclosure') {
    return [];
  }
  const body = message.get('disclosure');
  const to = body.get('to');
  const fields = body.get('fields', []).filter((it) => isOf(it, recordId));
  return fields.map((field) => ({
    digests: field.get('digests', []).filter(isDigest).map(hex),
    to: to?.get('name_as_written') ?? to?.get('transliteration') ?? to?.get('office') ?? '',
    when: body.get('when', ''),
    authority: body.get('authority', ''),
  }));
}

/** `erased on 2026-03-01 by authority of "..." (entry 9)`: what is not ours in it is escaped and quoted. */
export function byWhom({ date, authority, index }) {
  const by = authority === '' ? 'an authority that is not stated' : quote(authority);
  return `erased ${on(date)} by authority of ${by} (entry ${index})`;
}

/** A date bare when it is nothing but one, so that it cannot be taken for our words. */
function on(date) {
  if (date === '') {
    return 'at a time that is not stated';
  }
  return /^[0-9\-/.,[\]{}~?%XYSTZ:+]*$/.test(date) ? `on ${escape(date)}` : `on ${quote(date)}`;
}

/** What a reader has to know of what was erased or opened, each one sentence. */
export function remarksOnErased(record) {
  const held = new Set([
    ...record.protected.map((it) => `protected_field ${it.commitment}`),
    ...record.files.map((it) => `attachment ${it.sha256}`),
  ]);
  const remarks = [
    ...record.protected.filter((it) => it.erased !== null).map(erasedField),
    ...record.files.filter((it) => it.erased !== null).map(erasedFile),
    ...new Set(record.erasures.map((it) => withoutEffect(it, held)).filter((it) => it !== null)),
    ...record.openings.map(opening),
  ];
  return remarks.map((remark) => remark.trimEnd());
}

function remains({ remains: left }) {
  return left === '' ? '' : `What remains: ${quote(left)}.`;
}

function erasedField({ commitment, shown, erased: by }) {
  return shown === null
    ? `A protected field (commitment ${commitment}) was ${byWhom(by)}. Nobody is expected to show it again. ${remains(by)}`
    : `The protected field ${quote(shown.name)} is shown here, and is what the record committed to, although it was ` +
        `${byWhom(by)}: somebody kept what shows it.`;
}

function erasedFile({ name, state, erased: by }) {
  return state === 'matching'
    ? `The file ${quote(name)} is here, the same bytes, although it was ${byWhom(by)}.`
    : `The file ${quote(name)} was ${byWhom(by)}. ${remains(by)}`;
}

/** Why an erasure changes nothing here, or null if it does. `held` are the digests of the record, each with its kind. */
function withoutEffect(one, held) {
  const isHeld = held.has(`${one.kind} ${one.digest}`);
  let why = null;
  if (one.validity === 'other_organisation') {
    why = 'only the organisation that signed this record can say so';
  } else if (one.validity === 'withdrawn') {
    why = `it was withdrawn by entry ${one.withdrawnBy}`;
  } else if (!isHeld) {
    why = 'this record holds no such digest';
  }
  return why === null
    ? null
    : `Entry ${one.index} by ${quote(one.organisation)} says that something of this record was erased; it has no effect, because ${why}.`;
}

function opening(it) {
  const said = `Entry ${it.index} by ${quote(it.organisation)} says that protected fields of this record were opened to somebody`;
  if (it.validity === 'other_organisation') {
    return `${said}; it counts for nothing, because only the organisation that signed this record can say so.`;
  }
  if (it.validity === 'withdrawn') {
    return `${said}, and was withdrawn by entry ${it.withdrawnBy}.`;
  }
  const to = it.to === '' ? 'somebody who is not named' : quote(it.to);
  const authority = it.authority === '' ? '' : ` by authority of ${quote(it.authority)}`;
  return `${it.digests.length} protected field(s) of this record were opened to ${to} ${on(it.when)}${authority} (entry ${it.index}).`;
}
