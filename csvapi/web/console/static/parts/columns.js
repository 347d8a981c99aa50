// What each column holds after the steps so far; a click on a value or a bar adds a step that keeps its records alone.
import { preview as ask } from "../api.js";
import { html, useEffect, useState } from "../lib.js";
import { number, t } from "../state.js";
import { cell } from "./cell.js";
import { Histogram, Quantiles } from "./histogram.js";
import { Problem } from "./problem.js";

const SAMPLE = 10_000;
const TOP = 6;
const BINS = 8;

/**
 * @typedef {{name: string, at: number, alone: boolean, type: string, records: number, empty: number, distinct: number, exact: boolean, frequent: [string, number][], bad: number, misfit: string, bins: import("./histogram.js").Bins|null, quantiles: Record<string, string>|null}} Column
 * @param {{file: import("../api.js").StoredFile, steps: import("../api.js").Step[], whole: boolean, from: number, add: (step: import("../api.js").Step) => void}} given
 */
export function Columns({ file, steps, whole, from, add }) {
  const [found, setFound] = useState(/** @type {Column[]|null} */ (null));
  const [seen, setSeen] = useState({ all: true, n: 0 });
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState(/** @type {unknown} */ (null));
  const asked = JSON.stringify([...steps, { op: "profile", top: TOP, histogram: BINS }]);
  useEffect(() => {
    if (!whole) return undefined;
    const stop = new AbortController();
    const timer = setTimeout(() => {
      setBusy(true);
      ask({ input: file.id, steps: JSON.parse(asked), sample_rows: SAMPLE, from_row: from }, stop.signal)
        .then(
          (answer) => {
            setFound(read(answer.result));
            setSeen({ all: answer.complete, n: answer.counts.in });
            setError(null);
          },
          (refusal) => stop.signal.aborted || setError(refusal),
        )
        .finally(() => setBusy(false));
    }, 300);
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [asked, whole, from, file.id]);
  return html`<${Problem} error=${error} />
    <p class="faint">${t("columns_how")} ${found && sampled(seen, from)}</p>
    <div class="columns" aria-busy=${busy}>${(found ?? []).map((each) => html`<${One} key=${each.at} column=${each} add=${add} />`)}</div>`;
}

/** Which records this is about. @param {{all: boolean, n: number}} seen @param {number} from */
export function sampled({ all, n }, from) {
  if (all) return t("sample_is_all");
  return from > 1 ? t("is_part", { first: number(from), last: number(from + n - 1) }) : t("is_sample", { n: number(n) });
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
      misfit: of("first_bad_value"), bins: JSON.parse(of("histogram") || "null"), quantiles: JSON.parse(of("quantiles") || "null"),
    };
  });
}

/** @param {{column: Column, add: (step: import("../api.js").Step) => void}} given */
function One({ column, add }) {
  const named = column.alone && column.name ? column.name : { index: column.at };
  const most = Math.max(column.records, 1);
  /** @param {any[]} conditions */
  const keep = (...conditions) => add({ op: "filter", filters: conditions.map((each) => ({ column: named, ...each })) });
  const label = column.name || t("no_name");
  const differ = column.frequent[0]?.[1] === 1;
  return html`<section class="card" aria-label=${label}>
    <h3>${label} <span class="tag">${column.type}</span></h3>
    <p class="faint">${column.exact ? "" : "≈ "}${t("n_distinct", { n: number(column.distinct) })}</p>
    ${column.bad > 0 && html`<p class="faint">${t("n_misfits", { n: number(column.bad) })} <button class="link" title=${t("keep_only", { value: column.misfit })}
      onClick=${() => keep({ operator: "==", value: column.misfit, as: "text" })}>${cell(column.misfit)}</button></p>`}
    ${column.bins && html`<${Histogram} bins=${column.bins} date=${column.type === "date"} name=${label} pick=${(/** @type {any[]} */ conditions) => keep(...conditions)} />`}
    ${column.quantiles && html`<${Quantiles} quantiles=${column.quantiles} />`}
    <ul class="values">
      ${differ && !column.bins && html`<li class="faint">${t("all_differ")}</li>`}
      ${!differ && column.frequent.map(
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
