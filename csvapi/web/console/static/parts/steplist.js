// The steps as cards: each with its form, its switch, its place, and what the service says is wrong with it.
import { html, useRef, useState } from "../lib.js";
import { blank, kindOf } from "../schema.js";
import { say, t } from "../state.js";
import { Choice, Properties } from "./form.js";

/**
 * @param {{recipe: import("./recipe.js").Recipe, catalogue: import("../api.js").Operation[], columns: string[], files: import("../api.js").StoredFile[], refused: import("../api.js").Refusal|null}} given
 */
export function StepList({ recipe, catalogue, columns, files, refused }) {
  const [open, setOpen] = useState(/** @type {number|null} */ (recipe.items.value.length === 1 ? recipe.items.value[0].key : null));
  const items = recipe.items.value;
  const active = items.filter((each) => !each.off);
  return html`
    ${!items.length && html`<p class="faint">${t("no_steps")}</p>`}
    <ol class="cards">${items.map((item, index) => {
      const at = active.indexOf(item);
      const wrong = at < 0 ? [] : (refused?.errors ?? []).filter((each) => each.pointer.startsWith(`/steps/${at}`));
      return html`<${Card} key=${item.key} item=${item} index=${index} last=${index === items.length - 1} recipe=${recipe} wrong=${wrong}
        operation=${catalogue.find((each) => each.name === item.step.op)} around=${{ columns, files }}
        open=${open === item.key} toggle=${() => setOpen(open === item.key ? null : item.key)} />`;
    })}</ol>
    <${Palette} catalogue=${catalogue} pick=${(/** @type {import("../api.js").Operation} */ operation) => {
      setOpen(recipe.add({ op: operation.name, ...blank(first(operation.params), operation.params) }));
      say(t("step_added", { op: operation.name }));
    }} />
    <datalist id="columns">${columns.map((each) => html`<option value=${each} />`)}</datalist>
  `;
}

/** @param {any} params */
const first = (params) => (params.oneOf ? params.oneOf[0] : params);

/** @param {any} given */
function Card({ item, index, last, recipe, wrong, operation, around, open, toggle }) {
  const title = operation?.params.title ?? item.step.op;
  const name = `${index + 1}. ${title}`;
  return html`<li class=${`card${item.off ? " off" : ""}${wrong.length ? " wrong" : ""}`}>
    <div class="bar">
      <button class="link grow" aria-expanded=${open} onClick=${toggle}><strong>${name}</strong> <span class="faint">${summary(item.step)}</span></button>
      <button class="plain" aria-label=${t("move_up", { name })} disabled=${index === 0} onClick=${() => recipe.move(item.key, -1)}>↑</button>
      <button class="plain" aria-label=${t("move_down", { name })} disabled=${last} onClick=${() => recipe.move(item.key, 1)}>↓</button>
      <label class="switch" title=${t("switch_on")}><input type="checkbox" role="switch" checked=${!item.off} aria-label=${t("on", { name })} onChange=${() => recipe.toggle(item.key)} /></label>
      <button class="plain" aria-label=${t("remove", { name })} onClick=${() => recipe.remove(item.key)}>✕</button>
    </div>
    ${wrong.map((/** @type {any} */ each) => html`<p class="bad" role="alert">${each.detail}</p>`)}
    ${open && operation &&
    html`<div class="form"><p class="faint">${operation.summary}</p>
      <${Form} operation=${operation} step=${item.step} around=${around} put=${(/** @type {any} */ step) => recipe.change(item.key, step)} /></div>`}
  </li>`;
}

/** @param {any} given */
function Form({ operation, step, around, put }) {
  const root = operation.params;
  const inner = { value: step, around: { ...around, root }, schema: root, required: true, name: root.title };
  /** @param {any} next */
  const keep = (next) => put({ op: operation.name, ...next });
  return kindOf(root) === "choice" ? html`<${Choice} ...${inner} put=${keep} />` : html`<${Properties} ...${inner} put=${keep} />`;
}

/** The parameters in a few words. @param {import("../api.js").Step} step */
function summary(step) {
  const { op, ...rest } = step;
  const words = Object.entries(rest).map(([name, value]) => (value === true ? name : `${name}: ${plain(value)}`)).join(" · ");
  return words.length > 90 ? `${words.slice(0, 90)}…` : words;
}

/** Any value in words: lists by commas, objects by what they hold. @param {any} value @returns {string} */
function plain(value) {
  if (Array.isArray(value)) return value.map(plain).join(", ");
  if (value !== null && typeof value === "object") return Object.values(value).map(plain).join(" ");
  return value === "" ? "“”" : String(value);
}

/** Every operation with what it does, to be found by either. @param {{catalogue: import("../api.js").Operation[], pick: (operation: import("../api.js").Operation) => void}} given */
function Palette({ catalogue, pick }) {
  const dialog = useRef(/** @type {HTMLDialogElement|null} */ (null));
  const [wanted, setWanted] = useState("");
  const found = catalogue.filter((each) => `${each.name} ${each.summary}`.toLowerCase().includes(wanted.toLowerCase()));
  return html`<button class="wide" onClick=${() => {
    setWanted("");
    dialog.current?.showModal();
  }}>+ ${t("add_step")}</button>
  <dialog ref=${dialog} class="palette" aria-labelledby="palette-title">
    <h2 id="palette-title">${t("add_step")}</h2>
    <label>${t("search")}<input type="search" autofocus value=${wanted} onInput=${(/** @type {any} */ e) => setWanted(e.target.value)} /></label>
    <ul>${found.map(
      (each) => html`<li><button onClick=${() => {
        dialog.current?.close();
        pick(each);
      }}><strong>${each.name}</strong> <span>${each.summary}</span></button></li>`,
    )}</ul>
    <form method="dialog"><button>${t("close")}</button></form>
  </dialog>`;
}
