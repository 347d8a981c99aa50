// The steps that are being made: a list with a past and a future, in the address and kept for this tab.
import { signal } from "../lib.js";

/** @typedef {{key: number, step: import("../api.js").Step, off: boolean}} Item */

let last = 0;

/** The recipe of one file. */
export class Recipe {
  /** @param {number} file @param {URLSearchParams} query */
  constructor(file, query) {
    this.file = file;
    const kept = sessionStorage.getItem(`csvapi.steps.${file}`);
    /** @type {import("../lib.js").Signal<Item[]>} */
    this.items = signal(read(query.get("s") ?? kept ?? "[]", query.get("off") ?? ""));
    /** @type {import("../lib.js").Signal<Item[][]>} */
    this.past = signal([]);
    /** @type {import("../lib.js").Signal<Item[][]>} */
    this.future = signal([]);
    this._typed = 0;
  }

  /** The steps that are switched on. */
  get steps() {
    return this.items.value.filter((each) => !each.off).map((each) => each.step);
  }

  /** Take the steps of an address that was opened meanwhile; Undo brings back those before. @param {URLSearchParams} query */
  take(query) {
    const [s, off] = [query.get("s"), query.get("off") ?? ""];
    if (s !== null && (s !== this.query.s || off !== this.query.off)) this.set(read(s, off));
  }

  /** What the address says of it. */
  get query() {
    const all = this.items.value;
    const off = all.flatMap((each, index) => (each.off ? [String(index)] : [])).join(",");
    const s = all.length ? JSON.stringify(all.map((each) => each.step)) : "";
    return { s, off };
  }

  /** @param {Item[]} next @param {boolean} [typing] what is typed within two seconds is one change */
  set(next, typing = false) {
    const now = Date.now();
    if (!typing || now - this._typed > 2000) this.past.value = [...this.past.value, this.items.value].slice(-200);
    this._typed = typing ? now : 0;
    this.future.value = [];
    this._show(next);
  }

  /** @param {Item[]} next */
  _show(next) {
    this.items.value = next;
    sessionStorage.setItem(`csvapi.steps.${this.file}`, JSON.stringify(next.map((each) => each.step)));
  }

  undo() {
    const before = this.past.value.at(-1);
    if (!before) return;
    this.past.value = this.past.value.slice(0, -1);
    this.future.value = [...this.future.value, this.items.value];
    this._show(before);
  }

  redo() {
    const after = this.future.value.at(-1);
    if (!after) return;
    this.future.value = this.future.value.slice(0, -1);
    this.past.value = [...this.past.value, this.items.value];
    this._show(after);
  }

  /** @param {import("../api.js").Step} step */
  add(step) {
    const item = { key: ++last, step, off: false };
    this.set([...this.items.value, item]);
    return item.key;
  }

  /** @param {number} key @param {import("../api.js").Step} step */
  change(key, step) {
    this.set(this.items.value.map((each) => (each.key === key ? { ...each, step } : each)), true);
  }

  /** @param {number} key */
  toggle(key) {
    this.set(this.items.value.map((each) => (each.key === key ? { ...each, off: !each.off } : each)));
  }

  /** @param {number} key */
  remove(key) {
    this.set(this.items.value.filter((each) => each.key !== key));
  }

  /** @param {number} key @param {number} by */
  move(key, by) {
    const next = [...this.items.value];
    const at = next.findIndex((each) => each.key === key);
    if (at + by < 0 || at + by >= next.length) return;
    next.splice(at + by, 0, ...next.splice(at, 1));
    this.set(next);
  }

  /** All steps anew, as from JSON. @param {import("../api.js").Step[]} steps */
  replace(steps) {
    const keys = this.items.value.map((each) => each.key);
    this.set(steps.map((step, at) => ({ key: keys[at] ?? ++last, step, off: false })), true);
  }
}

/** @param {string} text @param {string} off @returns {Item[]} */
function read(text, off) {
  const switched = new Set(off.split(",").filter(Boolean).map(Number));
  try {
    const steps = JSON.parse(text);
    if (!Array.isArray(steps)) return [];
    return steps.map((step, index) => ({ key: ++last, step, off: switched.has(index) }));
  } catch {
    return []; // an address that was cut off
  }
}
