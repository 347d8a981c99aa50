// What each column holds after the steps so far; a click on a value adds a step that keeps it alone.
import { preview as ask } from "../api.js";
import { html, useEffect, useState } from "../lib.js";
import { number, t } from "../state.js";
import { cell } from "./cell.js";
import { Problem } from "./problem.js";

const SAMPLE = 10_000;
const TOP = 6;

/**
 * @typedef {{name: string, at: number, alone: boolean, type: string, records: number, empty: number, distinct: number, exact: boolean, frequent: [string, number][], bad: number}} Column
 * @param {{file: import("../api.js").StoredFile, steps: import("../api.js").Step[], whole: boolean, add: (step: import("../api.js").Step) => void}} given
 */
export function Columns({ file, steps, whole, add }) {
  const [found, setFound] = useState(/** @type {Column[]|null} */ (null));
  const [all, setAll] = useState(true);
  const [error, setError] = useState(/** @type {unknown} */ (null));
  const asked = JSON.stringify([...steps, { op: "profile", top: TOP }]);
  useEffect(() => {
    if (!whole) return undefined;
    const stop = new AbortController();
    const timer = setTimeout(() => {
      ask({ input: file.id, steps: JSON.parse(asked), sample_rows: SAMPLE }, stop.signal).then(
        (answer) => {
          setFound(read(answer.result));
          setAll(answer.complete);
          setError(null);
        },
        (refusal) => stop.signal.aborted || setError(refusal),
      );
    }, 300);
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [asked, whole, file.id]);
  return html`<${Problem} error=${error} />
    <p class="faint">${t("columns_how")} ${!all && t("is_sample", { n: number(SAMPLE) })}</p>
    <div class="columns">${(found ?? []).map((each) => html`<${One} key=${each.at} column=${each} add=${add} />`)}</div>`;
}

/** @param {{columns: string[], items: import("../api.js").Row[]}} result @returns {Column[]} */
function read({ columns, items }) {
  const names = items.map((each) => each.values[0]);
  return items.map(({ values }, index) => {
    /** @param {string} name */
    const of = (name) => values[columns.indexOf(name)] ?? "";
    return {
      name: of("column"), at: index + 1, alone: names.filter((each) => each === values[0]).length === 1, type: of("type"),
      records: Number(of("records")), empty: Number(of("empty")), distinct: Number(of("distinct")), exact: of("distinct_exact") === "true",
      frequent: /** @type {[string, number][]} */ (Object.entries(JSON.parse(of("frequent") || "{}"))).sort((one, other) => other[1] - one[1]), bad: Number(of("bad") || 0),
    };
  });
}

/** @param {{column: Column, add: (step: import("../api.js").Step) => void}} given */
function One({ column, add }) {
  const named = column.alone && column.name ? column.name : { index: column.at };
  const most = Math.max(column.records, 1);
  /** @param {any} condition */
  const keep = (condition) => add({ op: "filter", filters: [{ column: named, ...condition }] });
  return html`<section class="card" aria-label=${column.name}>
    <h3>${column.name || t("no_name")} <span class="tag">${column.type}</span></h3>
    <p class="faint">${column.exact ? "" : "≈ "}${t("n_distinct", { n: number(column.distinct) })}${column.bad > 0 && ` · ${t("n_misfits", { n: number(column.bad) })}`}</p>
    <ul class="values">
      ${column.frequent[0]?.[1] === 1 ? html`<li class="faint">${t("all_differ")}</li>` : column.frequent.map(
        ([value, count]) => html`<li><button title=${t("keep_only", { value })} onClick=${() => keep({ operator: "==", value, as: "text" })}>
          <span class="value">${cell(value)}</span><span class="right">${number(count)}</span>
          <svg viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true"><rect width=${(100 * count) / most} height="4" /></svg></button></li>`,
      )}
      ${column.empty > 0 &&
      html`<li><button class="empty" title=${t("drop_empty")} onClick=${() => keep({ operator: "not_empty" })}>
        <span class="value">${t("empty")} – ${t("drop_empty")}</span><span class="right">${number(column.empty)}</span>
        <svg viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true"><rect width=${(100 * column.empty) / most} height="4" /></svg></button></li>`}
    </ul>
  </section>`;
}
