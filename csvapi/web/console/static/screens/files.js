// All files: what is kept, until when, and what can go.
import { at, deleteFile, files } from "../api.js";
import { html, useEffect } from "../lib.js";
import { useListing } from "../parts/listing.js";
import { FileRow } from "../parts/lists.js";
import { Problem } from "../parts/problem.js";
import { restate, route } from "../router.js";
import { t, word } from "../state.js";

const KINDS = /** @type {const} */ (["upload", "registered", "result", "dropped"]);

export function Files() {
  const { query } = route.value;
  const kind = query.get("kind") ?? "";
  const wanted = query.get("q") ?? "";
  const listing = useListing((cursor) => files({ limit: 100, kind, name: wanted, cursor }), kind, wanted);
  const { found, next, loaded, error, setError, more } = listing;
  useEffect(() => {
    document.title = `${t("files")} – csvapi`;
  });
  /** @param {Record<string, string>} change */
  const narrow = (change) => restate("/files", { kind, q: wanted, ...change });
  return html`<h1>${t("files")}</h1>
    <div class="fields">
      <label>${t("search")}<input type="search" value=${wanted} onInput=${(/** @type {any} */ e) => narrow({ q: e.target.value })} /></label>
      <label>${t("kind")}<select value=${kind} onChange=${(/** @type {any} */ e) => narrow({ kind: e.target.value })}>
        <option value="">${t("all")}</option>${KINDS.map((each) => html`<option value=${each} selected=${each === kind}>${word("kind", each)}</option>`)}</select></label>
    </div>
    <${Problem} error=${error} retry=${() => more(null)} />
    ${loaded && !found.length && html`<p class="faint">${t("no_files")} ${!kind && !wanted && html`<a href="#/">${t("home_title")}</a>`}</p>`}
    <div class="scroll"><table class="list"><tbody>${found.map(
      (each) => html`<${FileRow} key=${each.id} file=${each}>
        <a class="button plain" href=${at(`/api/v1/files/${each.id}/content`)} download aria-label=${t("download_n", { name: each.name })}>↓</a>
        <button class="plain" aria-label=${t("remove", { name: each.name })} onClick=${() => deleteFile(each.id).then(() => listing.setFound((now) => now.filter((one) => one.id !== each.id)), setError)}>✕</button>
      <//>`,
    )}</tbody></table></div>
    ${next && html`<p><button onClick=${() => more(next)}>${t("more")}</button></p>`}`;
}
