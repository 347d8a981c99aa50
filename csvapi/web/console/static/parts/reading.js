// How a file is read: what was detected, how sure that is and why, and every part of it to be changed.
import { changeFile, detectAgain } from "../api.js";
import { html, useState } from "../lib.js";
import { percent, say, t } from "../state.js";
import { Problem } from "./problem.js";

const ENCODINGS = ["utf-8", "windows-1252", "iso-8859-1", "iso-8859-15", "windows-1250", "windows-1251", "koi8-r", "mac-roman",
  "cp437", "cp850", "utf-16-le", "utf-16-be", "shift_jis", "euc-jp", "gb18030", "big5", "euc-kr"];
const SIGNS = { ",": "comma", ";": "semicolon", "\t": "tab", "|": "pipe", '"': "double_quote", "'": "single_quote", "": "none" };

/** @param {string} sign */
const named = (sign) => (sign in SIGNS ? t(/** @type {any} */ (`sign_${SIGNS[/** @type {keyof typeof SIGNS} */ (sign)]}`)) : `“${sign}”`);

/** @param {{file: import("../api.js").StoredFile, changed: (file: import("../api.js").StoredFile) => void}} given */
export function Reading({ file, changed }) {
  const [error, setError] = useState(/** @type {unknown} */ (null));
  const { dialect, detection } = file;
  /** @param {Promise<import("../api.js").StoredFile>} asked */
  const take = (asked) =>
    asked.then((next) => {
      setError(null);
      changed(next);
      say(t("read_anew"));
    }, setError);
  /** @param {Partial<import("../api.js").Dialect>} change */
  const put = (change) => take(changeFile(file.id, { dialect: change }));
  const sure = detection?.chosen ? t("chosen_by_you") : detection?.confidence !== undefined ? t("sure", { p: percent(detection.confidence) }) : "";
  return html`<section class="reading" aria-labelledby="reading">
    <h2 id="reading">${t("reading")} <span class=${`tag ${(detection?.confidence ?? 1) < 0.75 && !detection?.chosen ? "unsure" : ""}`}>${sure}</span></h2>
    <${Problem} error=${error} />
    <div class="fields">
      ${file.reading && file.reading.others.length > 0 && html`<${Sheet} reading=${file.reading} put=${(/** @type {any} */ change) => take(changeFile(file.id, change))} />`}
      <label>${t("encoding")}
        <input list="encodings" value=${dialect.encoding} onChange=${(/** @type {any} */ e) => put({ encoding: e.target.value.trim() })} />
        <datalist id="encodings">${ENCODINGS.map((each) => html`<option value=${each} />`)}</datalist></label>
      <${Sign} label=${t("delimiter")} signs=${[",", ";", "\t", "|"]} value=${dialect.delimiter} put=${(/** @type {string} */ delimiter) => put({ delimiter })} />
      <${Sign} label=${t("quote")} signs=${['"', "'", ""]} value=${dialect.quote} put=${(/** @type {string} */ quote) => put({ quote })} />
      <label class="check"><input type="checkbox" checked=${dialect.header} onChange=${(/** @type {any} */ e) => put({ header: e.target.checked })} /> ${t("has_header")}</label>
      ${file.kind === "upload" && html`<button class="plain" onClick=${() => take(detectAgain(file.id))}>${t("detect_again")}</button>`}
    </div>
    ${!detection?.chosen && detection?.alternatives && detection.alternatives.length > 0 &&
    html`<p class="chips"><span>${t("or_read_as")}</span> ${detection.alternatives.map(
      (each) => html`<button class="chip" onClick=${() => put(difference(dialect, each.dialect))}>${words(dialect, each.dialect)} <small>${percent(each.confidence)}</small></button>`,
    )}</p>`}
    ${detection &&
    html`<details><summary>${t("why_so")}</summary>
      <ul>${(detection.evidence ?? []).map((each) => html`<li>${each}</li>`)}</ul>
      ${(detection.preamble ?? []).length > 0 && html`<p>${t("preamble")}</p><pre>${(detection.preamble ?? []).map((each) => `${each.line}: ${each.text}\n`)}</pre>`}
    </details>`}
  </section>`;
}

/** Which sheet of a workbook, or member of an archive, is read. @param {{reading: {sheet: string|null, member: string|null, others: string[]}, put: (change: any) => void}} given */
function Sheet({ reading, put }) {
  const name = reading.sheet === null ? "member" : "sheet";
  const now = reading[name] ?? "";
  return html`<label>${t("sheet")}<select value=${now} onChange=${(/** @type {any} */ e) => put({ [name]: e.target.value })}>
    ${[now, ...reading.others].map((each) => html`<option value=${each} selected=${each === now}>${each}</option>`)}</select></label>`;
}

/** @param {{label: string, signs: string[], value: string, put: (sign: string) => void}} given */
function Sign({ label, signs, value, put }) {
  const offered = signs.includes(value) ? signs : [...signs, value];
  return html`<label>${label}
    <select value=${value} onChange=${(/** @type {any} */ e) => put(e.target.value)}>
      ${offered.map((each) => html`<option value=${each} selected=${each === value}>${named(each)}</option>`)}
    </select></label>`;
}

/** @param {any} now @param {any} other */
const difference = (now, other) => Object.fromEntries(Object.entries(other).filter(([key, value]) => value !== now[key]));

/** @param {any} now @param {any} other */
function words(now, other) {
  const changed = difference(now, other);
  const parts = Object.entries(changed).map(([key, value]) => {
    if (key === "encoding") return String(value);
    if (key === "delimiter" || key === "quote") return `${t(key)}: ${named(String(value))}`;
    if (key === "header") return value ? t("with_header") : t("without_header");
    return key;
  });
  return parts.join(", ") || "…";
}
