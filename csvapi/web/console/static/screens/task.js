// A run: how it goes, as it goes, and what it left. It goes on without this page.
import { at, cancel, deleteTask, file, task as getTask, readable, receipt, runAgain } from "../api.js";
import { html, useCallback, useEffect, useRef, useState } from "../lib.js";
import { Formats } from "../parts/formats.js";
import { Funnel } from "../parts/funnel.js";
import { Status } from "../parts/lists.js";
import { Problem, Warnings } from "../parts/problem.js";
import { Records } from "../parts/records.js";
import { go, link } from "../router.js";
import { bytes, moment, number, percent, say, t, word } from "../state.js";

const SAY_EVERY = 5000; // milliseconds: a reader of screens is not to be interrupted more often
const AGAIN = 5000; // milliseconds until a stream that was refused is asked for again
const ASKS_EVERY = 10_000; // milliseconds: an event may be lost on the way, and asking costs nothing
const ENDED = ["succeeded", "failed", "cancelled"];

/** @param {{id: string}} given */
export function Task({ id }) {
  const [task, setTask] = useState(/** @type {import("../api.js").Task|null} */ (null));
  const [progress, setProgress] = useState(/** @type {any} */ (null));
  const [error, setError] = useState(/** @type {unknown} */ (null));
  const asked = useRef(0);
  const load = useCallback(() => {
    const mine = ++asked.current;
    getTask(id).then((found) => {
      if (mine !== asked.current) return; // an older state that comes later
      setError(null);
      setTask(found);
      setProgress(found.progress);
      document.title = `${found.label ?? t("run")} – csvapi`;
    }, setError);
  }, [id]);
  useEffect(load, [load]);
  useEvents(id, task?.status, load, setProgress);
  if (!task) return error ? html`<${Problem} error=${error} retry=${load} />` : html`<p class="faint">${t("loading")}</p>`;
  const again = () => runAgain(task).then((next) => go(`/tasks/${next.id}`), setError);
  const forget = () => deleteTask(id).then(() => go("/tasks"), setError);
  return html`
    <div class="head"><h1>${task.label ?? (task.steps ?? []).map((each) => each.op).join(" → ")} <${Status} status=${task.status} /></h1>
      <p class="faint">${task.label && `${(task.steps ?? []).map((each) => each.op).join(" → ")} · `}${moment(task.created_at)}${task.input && html` · <a href=${link(`/files/${task.input}`)}>${t("input")}</a>`}
        ${task.input && task.steps && html`${" · "}<a href=${link(`/files/${task.input}/steps`, { s: JSON.stringify(task.steps) })}>${t("edit_steps")}</a>`}</p></div>
    <${Problem} error=${error} />
    ${!ENDED.includes(task.status) && html`<${Running} task=${task} progress=${progress} stop=${() => cancel(id).then(load, setError)} />`}
    ${task.error && html`<div class="note bad" role="alert"><strong>${task.error.code}</strong> ${task.error.detail}</div>`}
    ${task.status === "succeeded" && html`<${Result} task=${task} />`}
    ${ENDED.includes(task.status) &&
    html`<p class="row">${task.input && task.status !== "succeeded" && html`<button onClick=${again}>${t("run_again")}</button>`}
      <button class="plain" onClick=${forget}>${t("forget")}</button></p>`}
  `;
}

/**
 * Follow the task until it has ended, also when the connection is lost or too many streams are open.
 * @param {string} id @param {string|undefined} status @param {() => void} moved @param {(progress: any) => void} progressed
 */
function useEvents(id, status, moved, progressed) {
  const runs = status !== undefined && !ENDED.includes(status);
  const [again, setAgain] = useState(0);
  useEffect(() => {
    if (!runs) return undefined;
    const stream = new EventSource(at(`/api/v1/tasks/${id}/events`));
    let said = 0;
    stream.addEventListener("progress", (event) => {
      const now = JSON.parse(/** @type {MessageEvent} */ (event).data);
      progressed(now);
      if (Date.now() - said > SAY_EVERY) {
        said = Date.now();
        say(percent((now.bytes_done ?? 0) / (now.bytes_total || 1)));
      }
    });
    stream.addEventListener("state", (event) => {
      const next = JSON.parse(/** @type {MessageEvent} */ (event).data);
      if (ENDED.includes(next.status)) {
        stream.close();
        say(word("status", next.status));
      }
      moved();
    });
    const asks = setInterval(moved, ASKS_EVERY);
    let later = 0;
    stream.onerror = () => {
      if (stream.readyState !== EventSource.CLOSED) return; // the browser comes back by itself
      later = setTimeout(() => {
        moved();
        setAgain((now) => now + 1);
      }, AGAIN);
    };
    return () => {
      clearInterval(asks);
      clearTimeout(later);
      stream.close();
    };
  }, [id, runs, again]);
}

/** @param {{task: import("../api.js").Task, progress: any, stop: () => void}} given */
function Running({ task, progress, stop }) {
  const share = progress?.bytes_total ? progress.bytes_done / progress.bytes_total : 0;
  const step = progress?.step ? task.steps?.[progress.step - 1]?.op : null;
  return html`<section class="card" aria-label=${t("progress")}>
    <progress max="1" value=${task.status === "queued" ? undefined : share} aria-label=${t("progress")}></progress>
    <p class="figures">
      <span><strong>${task.status === "queued" ? t("waits") : percent(share)}</strong></span>
      ${progress && html`<span>${t("n_records", { n: number(progress.rows_in ?? 0) })}</span>
        ${progress.rows_per_s > 0 && html`<span>${t("per_second", { n: number(progress.rows_per_s) })}</span>`}
        ${progress.eta_s != null && html`<span>${t("eta", { n: number(Math.ceil(progress.eta_s)) })}</span>`}
        ${step && html`<span>${t("step")} ${progress.step}: ${step}</span>`}`}
    </p>
    <p class="row"><button onClick=${stop}>${t("cancel")}</button> <span class="faint">${t("goes_on")}</span></p>
  </section>`;
}

/** @param {{task: import("../api.js").Task}} given */
function Result({ task }) {
  const [shows, setShows] = useState("records");
  const tabs = { records: t("records"), ...(task.links.dropped ? { dropped: t("dropped_why") } : {}), receipt: t("receipt") };
  return html`
    ${task.counts && html`<section class="card" aria-labelledby="funnel"><h2 id="funnel">${t("funnel")}</h2><${Funnel} counts=${task.counts} steps=${task.steps} /></section>`}
    <p class="row"><a class="button main" href=${at(task.links.result)} download>${t("download_result")}</a>
      ${task.links.dropped && html`<a class="button" href=${at(task.links.dropped)} download>${t("download_dropped")}</a>`}
      ${task.result && html`<a class="button" href=${link(`/files/${task.result}`)}>${t("open_result")}</a>`}</p>
    <${Warnings} warnings=${task.warnings} path=${task.input && `/files/${task.input}`} />
    <div class="tabs" role="group" aria-label=${t("result")}>${Object.entries(tabs).map(
      ([name, words]) => html`<button class="plain" aria-pressed=${shows === name} onClick=${() => setShows(name)}>${words}</button>`,
    )}</div>
    ${shows === "records" && task.result && html`<${ResultRecords} task=${task} />`}
    ${shows === "dropped" && html`<${Dropped} task=${task} />`}
    ${shows === "receipt" && html`<${Receipt} id=${task.id} />`}
  `;
}

/** The result's records; nothing to read where it was converted. @param {{task: import("../api.js").Task}} given */
function ResultRecords({ task }) {
  const [found, setFound] = useState(/** @type {import("../api.js").StoredFile|null} */ (null));
  const [error, setError] = useState(/** @type {unknown} */ (null));
  useEffect(() => {
    file(task.result ?? 0).then(setFound, setError);
  }, [task.result]);
  if (error) return html`<${Problem} error=${error} />`;
  if (found && !readable(found)) return html`<p>${t("not_records", { type: found.media_type })}</p>`;
  return found && html`<${Formats} task=${task} /><${Records} file=${found} path=${`/tasks/${task.id}`} />`;
}

/** Why each record went, as far as the first hundreds. @param {{task: import("../api.js").Task}} given */
function Dropped({ task }) {
  const [found, setFound] = useState(/** @type {any[]|null} */ (null));
  const [error, setError] = useState(/** @type {unknown} */ (null));
  useEffect(() => {
    const stop = new AbortController();
    head(at(task.links.dropped), 300, stop.signal).then(setFound, (problem) => stop.signal.aborted || setError(problem));
    return () => stop.abort();
  }, [task.id]);
  if (error) return html`<${Problem} error=${error} />`;
  if (!found) return html`<p class="faint">${t("loading")}</p>`;
  if (!found.length) return html`<p>${t("none_dropped")}</p>`;
  return html`<div class="scroll" tabindex="0" role="region" aria-label=${t("dropped_why")}><table class="list aligned">
    <thead><tr><th scope="col">${t("row")}</th><th scope="col">${t("line")}</th><th scope="col">${t("step")}</th><th scope="col">${t("why")}</th></tr></thead>
    <tbody>${found.map(
      (each) => html`<tr><th scope="row">${task.input ? html`<a href=${link(`/files/${task.input}`, { row: String(each.row) })}>${number(each.row)}</a>` : number(each.row)}</th>
        <td>${number(each.line)}</td><td>${each.step}: ${each.operation}</td><td>${each.reason}${each.kept_row && html` (${t("see_row", { row: number(each.kept_row) })})`}</td></tr>`,
    )}</tbody></table></div>`;
}

/** The first lines of NDJSON; the rest is not read. @param {string} url @param {number} most @param {AbortSignal} signal */
async function head(url, most, signal) {
  const answer = await fetch(url, { headers: { Accept: "application/x-ndjson" }, signal });
  const reader = /** @type {ReadableStream<Uint8Array>} */ (answer.body).getReader();
  const decoder = new TextDecoder();
  let text = "";
  for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
    text += decoder.decode(piece.value, { stream: true });
    if (text.split("\n", most + 2).length > most + 1) break;
  }
  await reader.cancel();
  return text.split("\n").filter(Boolean).slice(0, most).map((line) => JSON.parse(line));
}

/** @param {{id: string}} given */
function Receipt({ id }) {
  const [found, setFound] = useState(/** @type {any} */ (null));
  const [error, setError] = useState(/** @type {unknown} */ (null));
  useEffect(() => {
    receipt(id).then(setFound, setError);
  }, [id]);
  if (error) return html`<${Problem} error=${error} />`;
  if (!found) return html`<p class="faint">${t("loading")}</p>`;
  const { input, output } = found.receipt;
  return html`<dl class="facts"><dt>${t("input")}</dt><dd>${bytes(input.bytes ?? input.size ?? 0)} <code>${input.sha256}</code></dd>
      <dt>${t("result")}</dt><dd>${bytes(output.bytes ?? output.size ?? 0)} <code>${output.sha256}</code></dd></dl>
    <details><summary>JSON</summary><pre tabindex="0">${JSON.stringify(found, null, 2)}</pre></details>`;
}
