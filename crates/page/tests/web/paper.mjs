// A document that is only written to and then read as text, so that what the page shows can be judged without a browser.

/** Elements that begin a line of their own. */
const BLOCKS = new Set(['section', 'h2', 'p', 'ul', 'li', 'dl', 'dt', 'dd', 'table', 'thead', 'tbody', 'tr']);

class Element {
  #children = [];
  #attributes = new Map();

  constructor(tag) {
    this.tag = tag;
  }

  append(...children) {
    this.#children.push(...children);
  }

  setAttribute(name, value) {
    this.#attributes.set(name, value);
  }

  get firstChild() {
    return this.#children[0];
  }

  get text() {
    if (this.#attributes.get('aria-hidden') === 'true') {
      return '';
    }
    const inside = this.#children.map((child) => (child instanceof Element ? child.text : child)).join('');
    if (this.tag === 'th' || this.tag === 'td') {
      return `${inside} `;
    }
    // What is said of a term stands beside or below it, and further in.
    const indent = this.tag === 'dd' ? '  ' : '';
    return BLOCKS.has(this.tag) ? `\n${indent}${inside.trimStart()}\n` : inside;
  }
}

/** What the page writes with in the place of a browser's document. */
export const paper = { createElement: (tag) => new Element(tag) };

/** The text of some elements, without what only stands there for the eye: lines as a reader sees them. */
export function textOf(elements) {
  const text = elements.map((element) => element.text).join('');
  const lines = text.split('\n').map((line) => line.trimEnd());
  return `${lines.filter((line) => line !== '').join('\n')}\n`;
}
