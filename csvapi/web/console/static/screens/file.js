// A file: how it is read, its records, and what is odd about them.
import { at, file as getFile, issues } from "../api.js";
import { html, useCallback, useEffect, useState } from "../lib.js";
import { Problem, Warnings } from "../parts/problem.js";
import { Reading } from "../parts/reading.js";
import { Records } from "../parts/records.js";
import { Tour } from "../parts/tour.js";
import { link, restate } from "../router.js";
import { away, bytes, number, t } from "../state.js";

/** @param {{file: import("../api.js").StoredFile, at: string}} given */
export function FileTop({ file, at: here }) {
  return html`<div class="head">
    <div class="bar"><h1 class="grow">${file.name}</h1>
      ${here === "data" && html`<a class="button main" href=${link(`/files/${file.id}/steps`)}>${t("to_steps")}</a>`}</div>
    <p class="faint">${bytes(file.size)} · ${t("n_columns", { n: number(file.columns.length) })} · ${t("expires", { when: away(file.expires_at) })}
      ${" · "}<a href=${at(`/api/v1/files/${file.id}/content`)} download>${t("download")}</a></p>
    <nav class="tabs" aria-label=${file.name}>
      <a href=${link(`/files/${file.id}`)} aria-current=${here === "data" ? "page" : undefined}>${t("tab_data")}</a>
      <a href=${link(`/files/${file.id}/steps`)} aria-current=${here === "steps" ? "page" : undefined}>${t("tab_steps")}</a>
    </nav>
  </div>`;
}

/** @param {{id: number}} given */
export function File({ id }) {
  const [file, setFile] = useState(/** @type {import("../api.js").StoredFile|null} */ (null));
  const [error, setError] = useState(/** @type {unknown} */ (null));
  const load = useCallback(() => {
    getFile(id).then((found) => {
      setError(null);
      setFile(found);
      document.title = `${found.name} – csvapi`;
    }, setError);
  }, [id]);
  useEffect(() => {
    load();
    addEventListener("signed-in-again", load);
    return () => removeEventListener("signed-in-again", load);
  }, [load]);
  if (!file) return error ? html`<${Problem} error=${error} retry=${load} />` : html`<p class="faint">${t("loading")}</p>`;
  const reading = JSON.stringify([file.dialect, file.reading]); // read anew, it is another table
  return html`
    <${FileTop} file=${file} at="data" />
    <${Tour} file=${file} at="data" />
    <${Problem} error=${error} />
    <${Reading} file=${file} changed=${setFile} />
    <${Warnings} warnings=${file.warnings} path=${`/files/${id}`} />
    <${Records} key=${reading} file=${file} path=${`/files/${id}`} />
    <${Issues} key=${`i${reading}`} file=${file} />
  `;
}

/** @param {{file: import("../api.js").StoredFile}} given */
function Issues({ file }) {
  const [found, setFound] = useState(/** @type {any[]} */ ([]));
  const [next, setNext] = useState(/** @type {string|null} */ (null));
  const [error, setError] = useState(/** @type {unknown} */ (null));
  const more = (/** @type {string|null} */ cursor) =>
    issues(file.id, { limit: 100, cursor }).then((page) => {
      setFound((now) => [...now, ...page.items]);
      setNext(page.next);
    }, setError);
  useEffect(() => {
    more(null);
  }, []);
  if (!found.length && !next && !error) return null;
  return html`<details class="issues" open=${found.length > 0}>
    <summary>${t("issues", { n: number(found.length) })}</summary>
    <${Problem} error=${error} />
    <ul>${found.map(
      (each) => html`<li><button class="link" onClick=${() => {
        restate(`/files/${file.id}`, { row: String(each.row) });
        document.querySelector(".grid")?.scrollIntoView({ block: "nearest" });
      }}>${t("at_row", { row: number(each.row), line: number(each.line) })}</button> ${each.detail}</li>`,
    )}</ul>
    ${next && html`<button onClick=${() => more(next)}>${t("look_on")}</button>`}
  </details>`;
}
