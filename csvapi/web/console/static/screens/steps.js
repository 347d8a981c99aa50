// Steps and what they would do: made by forms or as JSON, tried at once on the head of the file.
import { file as getFile, files as getFiles, operations, readable, submit } from "../api.js";
import { html, useEffect, useLayoutEffect, useMemo, useState } from "../lib.js";
import { Copy } from "../parts/copy.js";
import { Preview } from "../parts/preview.js";
import { Problem } from "../parts/problem.js";
import { Recipe } from "../parts/recipe.js";
import { Saved } from "../parts/saved.js";
import { StepList } from "../parts/steplist.js";
import { Tour } from "../parts/tour.js";
import { go, restate, route } from "../router.js";
import { fits } from "../schema.js";
import { say, t } from "../state.js";
import { FileTop } from "./file.js";

/** @param {{id: number}} given */
export function Steps({ id }) {
  const [file, setFile] = useState(/** @type {import("../api.js").StoredFile|null} */ (null));
  const [catalogue, setCatalogue] = useState(/** @type {import("../api.js").Operation[]} */ ([]));
  const [others, setOthers] = useState(/** @type {import("../api.js").StoredFile[]} */ ([]));
  const [error, setError] = useState(/** @type {unknown} */ (null));
  const [refused, setRefused] = useState(/** @type {import("../api.js").Refusal|null} */ (null));
  const recipe = useMemo(() => new Recipe(id, route.value.query), [id]);
  const [asJson, setAsJson] = useState(route.value.query.get("tab") === "json");
  const [from, setFrom] = useState(Number(route.value.query.get("from")) || 1);
  const load = () =>
    Promise.all([getFile(id), operations(), getFiles({ limit: 200 })]).then(([found, known, page]) => {
      setError(null);
      setFile(found);
      setCatalogue(known);
      setOthers(page.items.filter(readable));
      document.title = `${t("tab_steps")}: ${found.name} – csvapi`;
    }, setError);
  useEffect(() => {
    load();
  }, [id]);
  const [opened, setOpened] = useState(0); // how often an address of this screen was
  useEffect(() => {
    const follow = () => {
      const { path, query } = route.value;
      if (path.join("/") !== `files/${id}/steps`) return;
      recipe.take(query);
      setAsJson(query.get("tab") === "json");
      setFrom(Number(query.get("from")) || 1);
      setOpened((now) => now + 1);
    };
    addEventListener("hashchange", follow);
    return () => removeEventListener("hashchange", follow);
  }, [recipe]);
  const query = recipe.query;
  useLayoutEffect(
    () => restate(`/files/${id}/steps`, { ...query, tab: asJson ? "json" : "", from: from > 1 ? String(from) : "" }),
    [query.s, query.off, asJson, from, opened],
  );
  useUndo(recipe);
  if (!file) return error ? html`<${Problem} error=${error} retry=${load} />` : html`<p class="faint">${t("loading")}</p>`;
  const steps = recipe.steps;
  const whole = steps.every((step) => {
    const known = catalogue.find((each) => each.name === step.op);
    return known && fits(known.params, step, known.params, true);
  });
  const run = () => submit({ input: id, steps, label: file.name.slice(0, 200) }).then((task) => go(`/tasks/${task.id}`), setError);
  return html`
    <${FileTop} file=${file} at="steps" />
    <${Tour} file=${file} at="steps" filled=${steps.length > 0} />
    <${Problem} error=${error} />
    <div class="bench">
      <section class="recipe" aria-labelledby="steps">
        <div class="bar">
          <h2 id="steps">${t("steps")}</h2>
          <button class="plain" disabled=${!recipe.past.value.length} onClick=${() => recipe.undo()}>${t("undo")}</button>
          <button class="plain" disabled=${!recipe.future.value.length} onClick=${() => recipe.redo()}>${t("redo")}</button>
          <button class="plain" aria-pressed=${asJson} onClick=${() => setAsJson(!asJson)}>JSON</button>
          <${Saved} recipe=${recipe} whole=${whole} />
          <${Copy} file=${file} steps=${steps} />
        </div>
        ${asJson
          ? html`<${AsJson} key=${opened} recipe=${recipe} />`
          : html`<${StepList} recipe=${recipe} catalogue=${catalogue} columns=${file.columns} files=${others} refused=${refused} />`}
        <p class="row"><button class="main" disabled=${!steps.length || !whole} onClick=${run}>${t("run_all")}</button></p>
      </section>
      <${Preview} file=${file} steps=${steps} whole=${whole} from=${from} begin=${setFrom} refuse=${setRefused} add=${(/** @type {import("../api.js").Step} */ step) => {
        recipe.add(step);
        say(t("step_added", { op: step.op }));
      }} />
    </div>
  `;
}

/** @param {Recipe} recipe */
function useUndo(recipe) {
  useEffect(() => {
    /** @param {KeyboardEvent} event */
    const press = (event) => {
      if (!(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== "z") return;
      if (/** @type {HTMLElement} */ (event.target).closest("textarea, input:not([type=checkbox])")) return;
      event.preventDefault();
      if (event.shiftKey) recipe.redo();
      else recipe.undo();
    };
    addEventListener("keydown", press);
    return () => removeEventListener("keydown", press);
  }, [recipe]);
}

/** The same steps as text; what is no list of steps is said and changes nothing. @param {{recipe: Recipe}} given */
function AsJson({ recipe }) {
  const now = JSON.stringify(recipe.items.value.map((each) => each.step), null, 2);
  const [text, setText] = useState(now);
  const [wrong, setWrong] = useState("");
  /** @param {string} next */
  const put = (next) => {
    setText(next);
    try {
      const steps = JSON.parse(next);
      if (!Array.isArray(steps) || steps.some((each) => typeof each?.op !== "string")) throw new Error(t("json_shape"));
      setWrong("");
      recipe.replace(steps);
    } catch (error) {
      setWrong(/** @type {Error} */ (error).message);
    }
  };
  return html`<label>${t("steps_json")}
    <textarea rows="16" spellcheck=${false} value=${text} aria-invalid=${Boolean(wrong)} onInput=${(/** @type {any} */ e) => put(e.target.value)}></textarea></label>
    ${wrong && html`<p class="bad" role="alert">${wrong}</p>`}`;
}
