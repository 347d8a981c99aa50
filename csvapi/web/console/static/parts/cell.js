// A cell as it is: what cannot be seen is made visible, and nothing is formatted.
import { html } from "../lib.js";
import { t } from "../state.js";

const HIDDEN = /^[ \t\u00a0]+|[ \t\u00a0]+$|[\r\n\t\u00a0\u200b\ufeff\ufffd]+/g;
const SIGNS = { " ": "·", "\t": "⇥", "\n": "↵", "\r": "␍", "\u00a0": "⍽", "\u200b": "∅", "\ufeff": "∅", "\ufffd": "\ufffd" };
const LONGEST = 300;

/** @param {string|null} value */
export function cell(value) {
  if (value === null) return html`<em class="absent">${t("absent")}</em>`;
  const text = value.length > LONGEST ? `${value.slice(0, LONGEST)}…` : value;
  const parts = [];
  let from = 0;
  for (const found of text.matchAll(HIDDEN)) {
    if (found.index > from) parts.push(text.slice(from, found.index));
    const signs = [...found[0]].map((each) => SIGNS[/** @type {keyof typeof SIGNS} */ (each)] ?? each).join("");
    parts.push(html`<span class="unseen">${signs}</span>`);
    from = found.index + found[0].length;
  }
  if (from < text.length) parts.push(text.slice(from));
  return parts;
}
