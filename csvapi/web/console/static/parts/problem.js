// What the service refused, in its own words, with the way out that it names.
import { Refusal } from "../api.js";
import { html } from "../lib.js";
import { link } from "../router.js";
import { number, t } from "../state.js";

/** @param {unknown} error */
export const wordsOf = (error) => {
  if (error instanceof Refusal && error.status) {
    const parts = error.errors.map((each) => each.detail).filter((each) => each !== error.message);
    return [error.message, ...parts].join(" ");
  }
  return t("unreachable");
};

/** What is not there is not asked for again. @param {{error: unknown, retry?: () => void}} given */
export function Problem({ error, retry }) {
  if (!error) return null;
  const gone = error instanceof Refusal && error.status === 404;
  return html`<div class="note bad" role="alert">
    <span>${typeof error === "string" ? error : wordsOf(error)}</span>
    ${retry && (gone ? html`<a class="button" href="#/">${t("home")}</a>` : html`<button onClick=${retry}>${t("again")}</button>`)}
  </div>`;
}

/** A warning that names a record leads to it, where `path` is that of its file. @param {{warnings: import("../api.js").Warning[], path?: string|null}} given */
export function Warnings({ warnings, path = null }) {
  if (!warnings?.length) return null;
  return html`<details class="warnings" open=${warnings.length <= 3}>
    <summary>${t("warnings", { n: warnings.length })}</summary>
    <ul>
      ${warnings.map(
        (each) => html`<li><code>${each.code}</code> ${each.detail ?? each.message}${each.hint && html` <em>${each.hint}</em>`}
          ${each.row && path && !each.file && html` <a href=${link(path, { row: String(each.row) })}>${t("jump_to_row", { row: number(each.row) })}</a>`}</li>`,
      )}
    </ul>
  </details>`;
}
