// What every answer shows, whatever was judged: the word, the checks, and what was opened.

import { element, pairs, part, withDigests } from './dom.js';
import { escape, quote } from './show.js';

const MARKS = {
  verified: '\u2713',
  verified_with_remarks: '!',
  not_verified: '\u2715',
  cannot_tell: '?',
  misbehaviour_proved: '!',
  not_proved: '\u2715',
};
const OUTCOMES = { passed: 'passed', failed: 'failed', skipped: 'not made' };

/** The word of an answer, and the sentences below it. */
export function head(verdict, ...sentences) {
  const mark = element('span', 'mark', MARKS[verdict.word.json]);
  mark.setAttribute('aria-hidden', 'true');
  const word = element('h2', 'word', mark, ' ', verdict.word.shown);
  return element('section', `verdict ${verdict.word.json}`, word, ...sentences.map((it) => element('p', '', it)));
}

/** What failed. Nothing from the evidence is shown here but what names the fault. */
export function failure(answer) {
  const { name, detail } = answer.failed ?? { name: '', detail: 'no check was made' };
  return `The check "${name}" failed: ${escape(detail)}.`;
}

/** What was opened, by name, size and digest. */
export function what(opened) {
  return part('What was opened', pairs(openedRows(opened)));
}

/** The same as pairs. What plays no part in the answer is not among them. */
export function openedRows({ judged, policy, kept }) {
  const rows = [
    [judged.role, judged],
    ['policy', policy],
    ['checkpoint kept', kept],
  ];
  return rows
    .filter(([, file]) => file !== null)
    .map(([role, { name, size, digest }]) => [role, `${quote(name)}, ${size} bytes`, digest]);
}

/** The list of the checks. */
export function checks(verdict) {
  const rows = verdict.checks.map(({ name, outcome, detail }) => {
    const row = element('tr', outcome);
    row.append(
      element('th', '', name),
      element('td', 'outcome', OUTCOMES[outcome]),
      element('td', '', element('bdi', '', ...withDigests(escape(detail)))),
    );
    row.firstChild.scope = 'row';
    return row;
  });
  const titles = ['Check', 'Outcome', 'What was found'].map((title) => {
    const cell = element('th', '', title);
    cell.scope = 'col';
    return cell;
  });
  const table = element('table', 'checks', element('thead', '', element('tr', '', ...titles)), element('tbody', '', ...rows));
  return part('Checks, in order', table);
}
