// Saved pipelines: steps that have a name, to be used on any file. Saving under the same name makes a new version.
import { deletePipeline, pipeline, pipelines, savePipeline, savePipelineVersion } from "../api.js";
import { html, useRef, useState } from "../lib.js";
import { away, say, t } from "../state.js";
import { Problem } from "./problem.js";

/** @param {{recipe: import("./recipe.js").Recipe, whole: boolean}} given */
export function Saved({ recipe, whole }) {
  const dialog = useRef(/** @type {HTMLDialogElement|null} */ (null));
  const [found, setFound] = useState(/** @type {import("../api.js").Pipeline[]} */ ([]));
  const [error, setError] = useState(/** @type {unknown} */ (null));
  const load = () => pipelines().then((page) => {
    setFound(page.items);
    setError(null);
  }, setError);
  /** @param {SubmitEvent} event */
  const save = (event) => {
    event.preventDefault();
    const form = /** @type {HTMLFormElement} */ (event.target);
    const name = String(new FormData(form).get("name")).trim();
    const there = found.find((each) => each.name === name);
    const saved = there ? savePipelineVersion(there.id, { steps: recipe.steps }) : savePipeline({ name, steps: recipe.steps });
    saved.then(() => {
      form.reset();
      say(t("pipeline_saved", { name }));
      return load();
    }, setError);
  };
  /** @param {number} id */
  const take = (id) => pipeline(id).then((whole) => {
    recipe.replace(whole.steps ?? []);
    say(t("pipeline_taken", { name: whole.name }));
    dialog.current?.close();
  }, setError);
  return html`<button class="plain" onClick=${() => {
    load();
    dialog.current?.showModal();
  }}>${t("pipelines")}</button>
  <dialog ref=${dialog} aria-labelledby="saved-title">
    <h2 id="saved-title">${t("pipelines")}</h2>
    <${Problem} error=${error} />
    ${!found.length && html`<p class="faint">${t("no_pipelines")}</p>`}
    <table class="list"><tbody>${found.map(
      (each) => html`<tr key=${each.id}><th scope="row"><button class="link" onClick=${() => take(each.id)}>${each.name}</button></th>
        <td>${t("version", { n: each.version })}</td><td>${away(each.updated_at ?? each.created_at)}</td>
        <td><button class="plain" aria-label=${t("remove", { name: each.name })} onClick=${() => deletePipeline(each.id).then(load, setError)}>✕</button></td></tr>`,
    )}</tbody></table>
    <form class="fields" onSubmit=${save}><label>${t("pipeline_name")}<input name="name" list="pipeline-names" required maxlength="100" autocomplete="off" /></label>
      <datalist id="pipeline-names">${found.map((each) => html`<option value=${each.name} />`)}</datalist>
      <button disabled=${!whole || !recipe.steps.length}>${t("save")}</button></form>
    <form method="dialog"><button>${t("close")}</button></form>
  </dialog>`;
}
