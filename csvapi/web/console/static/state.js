// What every screen shares. A screen's own state is its own.
import { computed, effect, signal } from "./lib.js";
import { de } from "./strings/de.js";
import { en } from "./strings/en.js";

const root = /** @type {HTMLElement} */ (document.getElementById("console"));
export const place = {
  root,
  api: root.dataset.api ?? "/",
  version: root.dataset.version ?? "",
  registration: root.dataset.registration ?? "open",
  files: import.meta.url.replace(/state\.js$/, ""),
};

/** @type {import("./lib.js").Signal<import("./api.js").Session|null>} */
export const session = signal(null);
export const expired = signal(false);

/** @param {string} name @param {string} otherwise */
const kept = (name, otherwise) => {
  const found = signal(localStorage.getItem(`csvapi.${name}`) ?? otherwise);
  effect(() => localStorage.setItem(`csvapi.${name}`, found.value));
  return found;
};

export const theme = kept("theme", "system");
effect(() => {
  document.documentElement.dataset.theme = theme.value;
});

export const language = kept("language", navigator.language.startsWith("de") ? "de" : "en");
effect(() => {
  document.documentElement.lang = language.value;
});
const catalogue = computed(() => (language.value === "de" ? de : en));

/**
 * A string of the catalogue, with `{name}` replaced.
 * @param {keyof typeof en} key @param {Record<string, string|number>} [values]
 */
export const t = (key, values = {}) =>
  (catalogue.value[key] ?? en[key] ?? key).replace(/\{(\w+)\}/g, (_, name) => String(values[name] ?? ""));

/** The string for one of several names, such as the states of a task. @param {string} kind @param {string} name */
export const word = (kind, name) => t(/** @type {keyof typeof en} */ (`${kind}_${name}`));

/** @param {number} value */
export const number = (value) => new Intl.NumberFormat(language.value).format(value);
/** @param {number} value */
export const percent = (value) =>
  new Intl.NumberFormat(language.value, { style: "percent", maximumFractionDigits: 1 }).format(value);
/** @param {number} bytes */
export const bytes = (bytes) => {
  const unit = Math.min(Math.floor(Math.log10(Math.max(bytes, 1)) / 3), 4);
  const shown = new Intl.NumberFormat(language.value, { maximumFractionDigits: unit ? 1 : 0 });
  return `${shown.format(bytes / 1000 ** unit)} ${["B", "kB", "MB", "GB", "TB"][unit]}`;
};
/** @param {string} time */
export const moment = (time) =>
  new Intl.DateTimeFormat(language.value, { dateStyle: "medium", timeStyle: "short" }).format(new Date(time));
const now = signal(Date.now());
setInterval(() => {
  now.value = Date.now();
}, 10_000);
/** How far ahead or ago a time is, in the largest unit; what shows it is shown anew as time passes. @param {string} time */
export const away = (time) => {
  const seconds = (new Date(time).getTime() - Math.max(now.value, Date.now())) / 1000;
  /** @type {[Intl.RelativeTimeFormatUnit, number][]} */
  const units = [["day", 86400], ["hour", 3600], ["minute", 60], ["second", 1]];
  const [unit, size] = units.find(([, size]) => Math.abs(seconds) >= size) ?? ["second", 1];
  return new Intl.RelativeTimeFormat(language.value, { numeric: "auto" }).format(Math.trunc(seconds / size), unit);
};

/** What a screen reader is told; the same text again is told again. */
export const said = signal("");
/** @param {string} text */
export const say = (text) => {
  said.value = text === said.value ? `${text}\u00a0` : text;
};
