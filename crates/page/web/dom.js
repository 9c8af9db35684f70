// Elements of the page. Text is only ever set as text.

/** The element with this id. */
export function byId(id) {
  return document.getElementById(id);
}

/** A new element with a class and children: elements, or texts. */
export function element(tag, className, ...children) {
  const made = document.createElement(tag);
  if (className) {
    made.className = className;
  }
  made.append(...children);
  return made;
}

/** A heading and what stands below it. */
export function part(title, ...children) {
  return element('section', 'part', element('h2', '', title), ...children);
}

/** A list of texts. */
export function listOf(items) {
  return element('ul', '', ...items.map((item) => element('li', '', ...withDigests(item))));
}

/** A text in pieces, with its digests set apart so that each stays in one line where there is room. */
export function withDigests(text) {
  const pieces = text.split(/\b([0-9a-f]{64}|[0-9a-f]{128})\b/);
  return pieces.map((piece, at) => (at % 2 === 0 ? piece : element('span', 'digest', piece))).filter((piece) => piece !== '');
}

/** Pairs of a term and what it is: each value a text or an element, isolated from the direction of what stands around it. */
export function pairs(rows, className = 'pairs') {
  const list = element('dl', className);
  for (const [term, ...values] of rows) {
    list.append(element('dt', '', term), ...values.map((value) => element('dd', '', isolated(value))));
  }
  return list;
}

function isolated(value) {
  if (typeof value !== 'string') {
    return value;
  }
  const inner = element('bdi', '', ...withDigests(value));
  inner.dir = 'auto';
  return inner;
}
