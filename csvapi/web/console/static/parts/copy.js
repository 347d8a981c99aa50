// The same run for a program: as curl, Python, the command line, JSON.
import { html, useRef, useState } from "../lib.js";
import { say, t } from "../state.js";

/** @param {string} text */
const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`;

/** @type {Record<string, (name: string, id: number, steps: any[]) => string>} */
const FORMS = {
  curl: (_, id, steps) => `curl -X POST ${new URL(".", location.href).origin}/api/v1/tasks \\
  -H "X-API-Key: $CSVAPI_KEY" -H 'Content-Type: application/json' -H 'Prefer: wait=30' \\
  -d ${quoted(JSON.stringify({ input: id, steps }))}`,
  Python: (name, _, steps) => `import json, os
from csvapi_client import Client

steps = json.loads(${pythonText(JSON.stringify(steps))})
with Client("${new URL(".", location.href).origin}", api_key=os.environ["CSVAPI_KEY"]) as csvapi:
    file = csvapi.upload(${pythonText(name)})
    task = csvapi.run(file, steps).wait()
    print(task.counts)
    task.download("clean.csv")
`,
  "command line": (name, _, steps) => `csvapi process ${quoted(name)} -o clean.csv --steps ${quoted(JSON.stringify(steps))}`,
  JSON: (_, id, steps) => JSON.stringify({ input: id, steps }, null, 2),
};

/** A JSON string is a Python string, too. @param {string} text */
function pythonText(text) {
  return JSON.stringify(text);
}

/** @param {{file: {id: number, name: string}, steps: any[]}} given */
export function Copy({ file, steps }) {
  const dialog = useRef(/** @type {HTMLDialogElement|null} */ (null));
  const [form, setForm] = useState("curl");
  const text = FORMS[form](file.name, file.id, steps);
  return html`<button class="plain" disabled=${!steps.length} onClick=${() => dialog.current?.showModal()}>${t("copy_as")}</button>
  <dialog ref=${dialog} class="copy" aria-labelledby="copy-title">
    <h2 id="copy-title">${t("copy_as")}</h2>
    <p class="row">${Object.keys(FORMS).map(
      (each) => html`<button class="plain" aria-pressed=${each === form} onClick=${() => setForm(each)}>${each}</button>`,
    )}</p>
    <pre tabindex="0" aria-label=${form}>${text}</pre>
    <form method="dialog" class="row">
      <button class="main" type="button" onClick=${() => navigator.clipboard.writeText(text).then(() => say(t("copied")))}>${t("copy")}</button>
      <button>${t("close")}</button>
    </form>
  </dialog>`;
}
