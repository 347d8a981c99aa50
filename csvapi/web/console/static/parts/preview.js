// What the steps do to some records of the file, asked for when nothing has changed for a moment.
import { Refusal, preview as ask, rows } from "../api.js";
import { html, useEffect, useState } from "../lib.js";
import { number, say, t } from "../state.js";
import { Columns, sampled } from "./columns.js";
import { Grid } from "./grid.js";
import { Problem, Warnings } from "./problem.js";

const WAIT = 300; // milliseconds after the last change
const SAMPLE = 200;

/**
 * `from` is the record that the sample begins with, and `begin` lets it begin with another.
 * @param {{file: import("../api.js").StoredFile, steps: import("../api.js").Step[], whole: boolean, from: number, begin: (row: number) => void, refuse: (refusal: Refusal|null) => void, add: (step: import("../api.js").Step) => void}} given
 */
export function Preview({ file, steps, whole, from, begin, refuse, add }) {
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
      tried(file, JSON.parse(asked), from, stop.signal)
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
  }, [asked, whole, from, file.id]);
  return html`<section class="preview" aria-labelledby="preview" aria-busy=${busy}>
    <div class="bar">
      <h2 id="preview">${t("preview")}</h2>
      <button class="plain" aria-pressed=${shows === "records"} onClick=${() => setShows("records")}>${t("kept_and_dropped")}</button>
      <button class="plain" aria-pressed=${shows === "result"} onClick=${() => setShows("result")}>${t("result")}</button>
      <button class="plain" aria-pressed=${shows === "columns"} onClick=${() => setShows("columns")}>${t("columns")}</button>
      <${From} key=${from} from=${from} begin=${begin} />
    </div>
    ${!whole && html`<p class="note">${t("incomplete")}</p>`}
    <${Problem} error=${error} />
    ${found && html`<${Figures} found=${found} from=${found.items[0]?.row ?? 1} next=${() => {
      setShows("records");
      setFocus(dropped(found.items, focus ?? 0));
    }} />`}
    ${found && shows === "records" &&
    html`<${Grid} columns=${found.columns} rows=${found.items} label=${t("kept_and_dropped")} marks=${true} focus=${focus}
      note=${(/** @type {import("../api.js").Row} */ row) => why(row, setFocus)} />`}
    ${found && shows === "result" && html`<${Grid} columns=${found.result.columns} rows=${found.result.items} label=${t("result")} />`}
    ${shows === "columns" && html`<${Columns} file=${file} steps=${steps} whole=${whole} from=${from} add=${add} />`}
    ${found && html`<${Warnings} warnings=${found.warnings} />`}
  </section>`;
}

/** Which record the sample begins with. @param {{from: number, begin: (row: number) => void}} given */
function From({ from, begin }) {
  /** @param {SubmitEvent} event */
  const submit = (event) => {
    event.preventDefault();
    begin(Number(new FormData(/** @type {HTMLFormElement} */ (event.target)).get("from")) || 1);
  };
  return html`<form class="jump" onSubmit=${submit}>
    <label><span>${t("from_row")}</span><input name="from" type="number" min="1" required value=${String(from)} /></label>
    <button>${t("go")}</button></form>`;
}

/**
 * The preview; without steps the records as they are, all of which stay.
 * @param {import("../api.js").StoredFile} file @param {import("../api.js").Step[]} steps @param {number} from @param {AbortSignal} signal
 * @returns {Promise<import("../api.js").Preview>}
 */
async function tried(file, steps, from, signal) {
  if (steps.length) return ask({ input: file.id, steps, sample_rows: SAMPLE, from_row: from }, signal);
  const { columns, items, next } = await rows(file.id, { limit: SAMPLE, from_row: from > 1 ? from : undefined }, signal);
  const n = items.length;
  if (from > 1 && !n) throw t("no_such_record", { row: number(from) });
  const complete = next === null && from === 1;
  return {
    columns, items: items.map((each) => ({ ...each, kept: true })), result: { columns, items },
    counts: { in: n, out: n, dropped: [], ragged: 0 }, warnings: [], complete,
    estimate: { rows_in: n, rows_out: n, bytes_out: file.size, exact: complete, basis: "" },
  };
}

/** The row of the next record that goes, the first one after the last; null where all stay. @param {import("../api.js").Row[]} rows @param {number} after */
function dropped(rows, after) {
  const gone = rows.filter((each) => !each.kept);
  return (gone.find((each) => each.row > after) ?? gone[0])?.row ?? null;
}

/** @param {import("../api.js").Row} row @param {(row: number) => void} show */
function why(row, show) {
  if (row.kept) return html`<span class="sign" title=${t("kept")}>✓</span><span class="hidden">${t("kept")}</span>`;
  return html`<span class="sign">−</span><span class="hidden">${t("dropped")}</span> <span class="reason">${row.step}: ${row.reason}</span>
    ${row.kept_row && html` <button class="link" onClick=${() => show(row.kept_row ?? 0)}>${t("see_row", { row: number(row.kept_row) })}</button>`}`;
}

/** @param {{found: import("../api.js").Preview, from: number, next: () => void}} given */
function Figures({ found, from, next }) {
  const { counts, estimate, complete } = found;
  const whole = { in: number(estimate.rows_in), out: number(estimate.rows_out) };
  return html`<p class="figures">
    <span><strong>${number(counts.out)}</strong> ${t("of_kept", { n: number(counts.in) })}</span>
    <span class="faint">${sampled({ all: complete, n: counts.in }, from)}</span>
    ${!complete && estimate.basis && html`<span class="faint">${t(estimate.exact ? "whole_exact" : "whole_estimate", whole)}</span>`}
    ${dropped(found.items, 0) && html`<button class="link" onClick=${next}>${t("next_dropped")}</button>`}
  </p>`;
}
