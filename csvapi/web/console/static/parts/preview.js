// What the steps do to the head of the file, asked for when nothing has changed for a moment.
import { Refusal, preview as ask, rows } from "../api.js";
import { html, useEffect, useState } from "../lib.js";
import { number, say, t } from "../state.js";
import { Columns } from "./columns.js";
import { Grid } from "./grid.js";
import { Problem, Warnings } from "./problem.js";

const WAIT = 300; // milliseconds after the last change
const SAMPLE = 200;

/**
 * @param {{file: import("../api.js").StoredFile, steps: import("../api.js").Step[], whole: boolean, refuse: (refusal: Refusal|null) => void, add: (step: import("../api.js").Step) => void}} given
 */
export function Preview({ file, steps, whole, refuse, add }) {
  const [found, setFound] = useState(/** @type {import("../api.js").Preview|null} */ (null));
  const [error, setError] = useState(/** @type {unknown} */ (null));
  const [busy, setBusy] = useState(false);
  const [shows, setShows] = useState(/** @type {"records"|"result"|"columns"} */ ("records"));
  const [focus, setFocus] = useState(/** @type {number|null} */ (null));
  const asked = JSON.stringify(steps);
  useEffect(() => {
    if (!whole) return undefined;
    const stop = new AbortController();
    const timer = setTimeout(() => {
      setBusy(true);
      tried(file, JSON.parse(asked), stop.signal)
        .then((answer) => {
          setFound(answer);
          setError(null);
          refuse(null);
          say(t("previewed", { kept: number(answer.counts.out), all: number(answer.counts.in) }));
        })
        .catch((refusal) => {
          if (stop.signal.aborted) return;
          setError(refusal);
          refuse(refusal instanceof Refusal ? refusal : null);
        })
        .finally(() => setBusy(false));
    }, WAIT);
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [asked, whole, file.id]);
  return html`<section class="preview" aria-labelledby="preview" aria-busy=${busy}>
    <div class="bar">
      <h2 id="preview">${t("preview")}</h2>
      <button class="plain" aria-pressed=${shows === "records"} onClick=${() => setShows("records")}>${t("kept_and_dropped")}</button>
      <button class="plain" aria-pressed=${shows === "result"} onClick=${() => setShows("result")}>${t("result")}</button>
      <button class="plain" aria-pressed=${shows === "columns"} onClick=${() => setShows("columns")}>${t("columns")}</button>
    </div>
    ${!whole && html`<p class="note">${t("incomplete")}</p>`}
    <${Problem} error=${error} />
    ${found && html`<${Figures} found=${found} steps=${steps.length > 0} />`}
    ${found && shows === "records" &&
    html`<${Grid} columns=${found.columns} rows=${found.items} label=${t("kept_and_dropped")} marks=${true} focus=${focus}
      note=${(/** @type {import("../api.js").Row} */ row) => why(row, setFocus)} />`}
    ${found && shows === "result" && html`<${Grid} columns=${found.result.columns} rows=${found.result.items} label=${t("result")} />`}
    ${shows === "columns" && html`<${Columns} file=${file} steps=${steps} whole=${whole} add=${add} />`}
    ${found && html`<${Warnings} warnings=${found.warnings} />`}
  </section>`;
}

/**
 * The preview; without steps the head of the file, all of which stays.
 * @param {import("../api.js").StoredFile} file @param {import("../api.js").Step[]} steps @param {AbortSignal} signal
 * @returns {Promise<import("../api.js").Preview>}
 */
async function tried(file, steps, signal) {
  if (steps.length) return ask({ input: file.id, steps, sample_rows: SAMPLE }, signal);
  const { columns, items, next } = await rows(file.id, { limit: SAMPLE }, signal);
  const n = items.length;
  return {
    columns, items: items.map((each) => ({ ...each, kept: true })), result: { columns, items },
    counts: { in: n, out: n, dropped: [], ragged: 0 }, warnings: [], complete: next === null,
    estimate: { rows_in: n, rows_out: n, bytes_out: file.size, exact: next === null, basis: "" },
  };
}

/** @param {import("../api.js").Row} row @param {(row: number) => void} show */
function why(row, show) {
  if (row.kept) return html`<span class="sign" title=${t("kept")}>✓</span><span class="hidden">${t("kept")}</span>`;
  return html`<span class="sign">−</span><span class="hidden">${t("dropped")}</span> <span class="reason">${row.step}: ${row.reason}</span>
    ${row.kept_row && html` <button class="link" onClick=${() => show(row.kept_row ?? 0)}>${t("see_row", { row: number(row.kept_row) })}</button>`}`;
}

/** @param {{found: import("../api.js").Preview, steps: boolean}} given */
function Figures({ found, steps }) {
  const { counts, estimate, complete } = found;
  const whole = { in: number(estimate.rows_in), out: number(estimate.rows_out) };
  return html`<p class="figures">
    <span><strong>${number(counts.out)}</strong> ${t("of_kept", { n: number(counts.in) })}</span>
    <span class="faint">${complete ? t("sample_is_all") : t("is_sample", { n: number(counts.in) })}</span>
    ${!complete && steps && html`<span class="faint">${t(estimate.exact ? "whole_exact" : "whole_estimate", whole)}</span>`}
  </p>`;
}
