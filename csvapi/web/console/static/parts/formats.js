// The records of a result in the other formats that the service writes, each by a run of its own.
import { operations, submit } from "../api.js";
import { html, useState } from "../lib.js";
import { go } from "../router.js";
import { t } from "../state.js";
import { Problem } from "./problem.js";

/** @param {{task: import("../api.js").Task}} given */
export function Formats({ task }) {
  const [formats, setFormats] = useState(/** @type {string[]} */ ([]));
  const [error, setError] = useState(/** @type {unknown} */ (null));
  const load = () =>
    operations().then((known) => {
      setError(null);
      setFormats(known.find((each) => each.name === "convert")?.params.properties.format.enum ?? []);
    }, setError);
  /** @param {string} format */
  const make = (format) =>
    submit({ input: task.result, steps: [{ op: "convert", format }], ...(task.label ? { label: task.label } : {}) }).then((next) => go(`/tasks/${next.id}`), setError);
  return html`<details onToggle=${load}><summary>${t("in_format")}</summary>
    <${Problem} error=${error} retry=${load} />
    <p class="row">${formats.map((each) => html`<button onClick=${() => make(each)}>${each.toUpperCase()}</button>`)}</p></details>`;
}
