// What related records leave of each other: what is withdrawn, what corrects what, and what each says of the others
// (FORMAT section 13.2).

import { hex } from './bytes.js';
import { wordOf } from './record.js';
import { changeWords } from './render.js';
import { revise } from './revise.js';

/** The relations that change the standing of their target, which only its own organisation may do. */
const CHANGING = new Set(['corrects', 'withdraws', 'supersedes']);

/**
 * The standing of some logged records: `all` is each with `index`, `recordId`, `organisation` and `record`. Gives the place of
 * the withdrawal that stands by record id, the corrections in the order of the log, and what an entry says of the others.
 */
export function standingOf(all) {
  const byId = new Map(all.map((it) => [it.recordId, it]));
  const withdrawn = withdrawals(byId);
  return {
    withdrawnBy: (recordId) => withdrawn.get(recordId) ?? null,
    corrections: corrections(all, withdrawn),
    linksOf: (it) => links(it, byId),
  };
}

/** The records that are withdrawn by their own organisation, each with the place of the first withdrawal that stands. */
function withdrawals(byId) {
  const targets = new Map([...byId.values()].map((it) => [it.recordId, withdrawnBy(it, byId)]));
  const open = new Map([...byId.keys()].map((id) => [id, 0]));
  for (const id of [...targets.values()].flat()) {
    open.set(id, open.get(id) + 1);
  }
  // A record id is a digest, so that withdrawals make no circle: each is judged once all that withdraw it are.
  const judged = [...open.keys()].filter((id) => open.get(id) === 0);
  const found = new Map();
  while (judged.length > 0) {
    const id = judged.pop();
    const { index } = byId.get(id);
    const stands = !found.has(id);
    for (const target of targets.get(id)) {
      if (stands && !(found.get(target) < index)) {
        found.set(target, index);
      }
      open.set(target, open.get(target) - 1);
      if (open.get(target) === 0) {
        judged.push(target);
      }
    }
  }
  return found;
}

/** The ids of the records that one withdraws with effect, each once. */
function withdrawnBy({ organisation, record }, byId) {
  const withdraws = record.links.filter((link) => link.relation === 'withdraws').map((link) => link.target);
  return [...new Set(withdraws)].filter((id) => byId.get(id)?.organisation === organisation);
}

/** Every correction of one of the records, with what becomes of it. Each starts from what the ones before it left. */
function corrections(all, withdrawn) {
  const made = all.filter(({ record }) => record.kind.field === 'correction').sort((a, b) => ascending(a.index, b.index));
  const byTarget = new Map();
  for (const one of made) {
    const target = hex(one.record.message.get('correction').get('target'));
    byTarget.set(target, byTarget.get(target) ?? []);
    byTarget.get(target).push(one);
  }
  const found = all.flatMap((target) => {
    let { message } = target.record;
    return (byTarget.get(target.recordId) ?? []).map((one) => {
      const [told, after] = correction(one, target, withdrawn, message);
      message = after;
      return told;
    });
  });
  return found.sort((a, b) => ascending(a.by, b.by) || ascending(a.on, b.on));
}

/** What becomes of a correction, and the record after it; `message` is the record before it. */
function correction(one, target, withdrawn, message) {
  const body = one.record.message.get('correction');
  const changes = body.get('changes', []).map((change) => ({
    path: change.get('path', ''),
    was: change.get('was', ''),
    now: change.get('now', ''),
  }));
  const [effect, because, after] = effectOf(one, target, withdrawn, { message, changes });
  const told = {
    by: one.index,
    on: target.index,
    reason: (wordOf(body, 'reason') || 'unspecified').replaceAll('_', ' '),
    effect,
    because,
    changes: changes.map((change) => changeWords(message.schema, change)),
  };
  return [told, after];
}

function effectOf(one, target, withdrawn, { message, changes }) {
  if (one.organisation !== target.organisation) {
    return ['foreign', [], message];
  }
  if (withdrawn.has(one.recordId)) {
    return ['withdrawn', [], message];
  }
  const revised = revise(message, changes);
  return [revised.because.length === 0 ? 'applied' : 'stale', revised.because, revised.message];
}

/** The order of two whole numbers. */
function ascending(a, b) {
  return a < b ? -1 : Number(a > b);
}

/** What one says of others that are here, each relation once. */
function links({ organisation, record }, byId) {
  const found = [];
  for (const { relation, target } of record.links) {
    const other = byId.get(target);
    if (other !== undefined && !found.some((link) => link.relation === relation && link.about === other.index)) {
      const hasEffect = !CHANGING.has(relation) || organisation === other.organisation;
      found.push({ relation, about: other.index, hasEffect });
    }
  }
  return found;
}
