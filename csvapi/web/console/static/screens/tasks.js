// All runs: how each went, and the way to do it again.
import { cancel, deleteTask, runAgain, tasks } from "../api.js";
import { html, useEffect } from "../lib.js";
import { useListing } from "../parts/listing.js";
import { TaskRow } from "../parts/lists.js";
import { Problem } from "../parts/problem.js";
import { go, restate, route } from "../router.js";
import { t, word } from "../state.js";

const STATES = /** @type {const} */ (["queued", "running", "succeeded", "failed", "cancelled"]);

export function Tasks() {
  const { query } = route.value;
  const status = query.get("status") ?? "";
  const wanted = query.get("q") ?? "";
  const listing = useListing((cursor) => tasks({ limit: 100, status, label: wanted, cursor }), status, wanted);
  const { found, next, loaded, error, setError, more } = listing;
  useEffect(() => {
    document.title = `${t("tasks")} – csvapi`;
  });
  /** @param {Record<string, string>} change */
  const narrow = (change) => restate("/tasks", { status, q: wanted, ...change });
  return html`<h1>${t("tasks")}</h1>
    <div class="fields">
      <label>${t("search")}<input type="search" value=${wanted} onInput=${(/** @type {any} */ e) => narrow({ q: e.target.value })} /></label>
      <label>${t("state")}<select value=${status} onChange=${(/** @type {any} */ e) => narrow({ status: e.target.value })}>
        <option value="">${t("all")}</option>${STATES.map((each) => html`<option value=${each} selected=${each === status}>${word("status", each)}</option>`)}</select></label>
    </div>
    <${Problem} error=${error} retry=${() => more(null)} />
    ${loaded && !found.length && html`<p class="faint">${t("no_tasks")} ${!status && !wanted && html`<a href="#/">${t("home_title")}</a>`}</p>`}
    <div class="scroll"><table class="list"><tbody>${found.map((each) => html`<${TaskRow} key=${each.id} task=${each}><${Actions} task=${each} more=${more} fail=${setError} /><//>`)}</tbody></table></div>
    ${next && html`<p><button onClick=${() => more(next)}>${t("more")}</button></p>`}`;
}

/** @param {{task: import("../api.js").Task, more: (cursor: null) => void, fail: (error: unknown) => void}} given */
function Actions({ task, more, fail }) {
  const name = task.label ?? task.id;
  if (task.links.cancel) {
    return html`<button class="plain" onClick=${() => cancel(task.id).then(() => more(null), fail)}>${t("cancel")}</button>`;
  }
  const again = () => runAgain(task).then((next) => go(`/tasks/${next.id}`), fail);
  return html`${task.input && task.steps && html`<button class="plain" aria-label=${t("run_again_n", { name })} onClick=${again}>↻</button>`}
    <button class="plain" aria-label=${t("remove", { name })} onClick=${() => deleteTask(task.id).then(() => more(null), fail)}>✕</button>`;
}
