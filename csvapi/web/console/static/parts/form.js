// A form made of a JSON Schema: whatever the catalogue describes, and operations that are yet to come.
import { html, useState } from "../lib.js";
import { blank, fits, kindOf, resolve } from "../schema.js";
import { t } from "../state.js";

/**
 * @typedef {{root: any, columns: string[], files: {id: number, name: string}[]}} Around
 * @typedef {{schema: any, value: any, put: (value: any) => void, around: Around, required?: boolean, name?: string, bare?: boolean}} Given
 */

/** One parameter: its label and what it needs. @param {Given} given */
export function Field({ schema: given, value, put, around, required = false, name = "", bare = false }) {
  const schema = resolve(given, around.root);
  const kind = kindOf(schema);
  const label = bare ? "" : (schema.title ?? name);
  const inner = { schema, value, put, around, required, name: label || name };
  if (kind === "const") return null;
  if (kind === "boolean") {
    const otherwise = schema.default ?? false;
    return html`<label class="check" title=${schema.description}>
      <input type="checkbox" checked=${value ?? otherwise}
        onChange=${(/** @type {any} */ e) => put(!required && e.target.checked === otherwise ? undefined : e.target.checked)} /> ${label}
      ${!bare && html`<small>${schema.description}</small>`}</label>`;
  }
  if (kind === "list" || kind === "object" || kind === "map" || kind === "choice") {
    const Inner = { list: List, object: Properties, map: Names, choice: Choice }[kind];
    if (bare) return html`<${Inner} ...${inner} />`;
    return html`<fieldset class=${kind}><legend>${label}${required ? "" : html` <i>${t("optional")}</i>`}</legend>
      ${schema.description && html`<small>${schema.description}</small>`}<${Inner} ...${inner} /></fieldset>`;
  }
  const Control = { column: Column, file: Other, enum: Enum, number: Figure, text: Text }[kind];
  if (bare) return html`<${Control} ...${inner} />`;
  return html`<label>${label}${required ? "" : html` <i>${t("optional")}</i>`}
    ${schema.description && html`<small>${schema.description}</small>`}<${Control} ...${inner} /></label>`;
}

/** An object: what is required first. @param {Given} given */
export function Properties({ schema, value, put, around }) {
  const now = value ?? {};
  const required = new Set(schema.required ?? []);
  const names = Object.keys(schema.properties ?? {}).filter((name) => name !== "op");
  /** @param {string} name */
  const field = (name) => html`<${Field} key=${name} name=${name} schema=${schema.properties[name]} value=${now[name]} around=${around}
    required=${required.has(name)} put=${(/** @type {any} */ next) => put(without({ ...now, [name]: next }))} />`;
  /** @param {string} name */
  const isMain = (name) => required.has(name) || name in now || kindOf(resolve(schema.properties[name], around.root)) === "column";
  const main = required.size > 1 || !required.has("op") ? names.filter(isMain) : names;
  const more = names.filter((name) => !main.includes(name));
  if (more.length < 2 || !main.length) return html`${[...main, ...more].map(field)}`;
  return html`${main.map(field)}<details><summary>${t("more_options", { n: more.length })}</summary><div class="inner">${more.map(field)}</div></details>`;
}

/** @param {Record<string, any>} whole */
const without = (whole) => Object.fromEntries(Object.entries(whole).filter(([, each]) => each !== undefined));

/** One of several shapes: words and columns can be chosen at once, other shapes are filled in below. @param {Given} given */
export function Choice({ schema, value, put, around, required, name }) {
  const shapes = schema.oneOf.map((/** @type {any} */ each) => resolve(each, around.root));
  const fitting = shapes.findIndex((/** @type {any} */ each) => value !== undefined && fits(each, value, around.root));
  const [chosen, choose] = useState(fitting);
  const at = value === undefined ? -1 : chosen >= 0 && (fitting < 0 || fits(shapes[chosen], value, around.root)) ? chosen : fitting;
  /** @type {{key: string, words: string, pick: () => void}[]} */
  const options = shapes.flatMap((/** @type {any} */ shape, /** @type {number} */ index) => {
    /** @param {any} next */
    const pick = (next) => () => {
      choose(index);
      put(next);
    };
    if (shape.enum) return shape.enum.map((/** @type {any} */ each) => ({ key: `v${each}`, words: String(each), pick: pick(each) }));
    if (kindOf(shape) === "column") return columnsOf(around).map((each) => ({ key: `c${each.key}`, words: each.words, pick: pick(each.value) }));
    return [{ key: `s${index}`, words: `${shape.title ?? t("value")} …`, pick: pick(blank(shape, around.root, value)) }];
  });
  const shape = at >= 0 ? shapes[at] : null;
  const word = deciding(shapes);
  if (word && shape) {
    const inner = { shapes, at, choose, word, value, put, around, name };
    return html`<${ByWord} ...${inner} />`;
  }
  const key = shape === null ? "" : shape.enum ? `v${value}` : kindOf(shape) === "column" ? `c${keyOf(value)}` : `s${at}`;
  const shown = options.some((each) => each.key === key) ? key : "";
  return html`<select aria-label=${name} value=${shown} onChange=${(/** @type {any} */ e) => {
    const option = options.find((each) => each.key === e.target.value);
    if (option) option.pick();
    else put(required ? blank(schema, around.root) : undefined);
  }}>
      ${(!required || !shown) && html`<option value="">${required ? t("choose_one") : fallback(schema)}</option>`}
      ${options.map((each) => html`<option value=${each.key} selected=${each.key === shown}>${each.words}</option>`)}
    </select>
    ${shape && !shape.enum && kindOf(shape) !== "column" &&
    html`<div class="inner"><${Field} key=${at} bare=${true} schema=${shape} value=${value} put=${put} around=${around} required=${true} name=${name} /></div>`}`;
}

/** The parameter, such as an operator, whose words say which of the shapes is meant. @param {any[]} shapes */
function deciding(shapes) {
  if (shapes.length < 2 || shapes.some((each) => kindOf(each) !== "object")) return null;
  const names = (shapes[0].required ?? []).filter((/** @type {string} */ name) => name !== "op");
  return names.find((/** @type {string} */ name) => shapes.every((each) => each.required?.includes(name) && each.properties[name]?.enum)) ?? null;
}

/**
 * Shapes that one word tells apart, as one form: the word is chosen, and the shape follows.
 * @param {{shapes: any[], at: number, choose: (at: number) => void, word: string, value: any, put: (value: any) => void, around: Around, name: string}} given
 */
function ByWord({ shapes, at, choose, word, value, put, around, name }) {
  const shape = shapes[at];
  const words = [...new Set(shapes.flatMap((each) => each.properties[word].enum))];
  const fitting = shapes.filter((each) => each.properties[word].enum.includes(value[word]));
  const schema = { ...shape, properties: { ...shape.properties, [word]: { ...shape.properties[word], enum: words } } };
  /** @param {any} next */
  const set = (next) => {
    if (shape.properties[word].enum.includes(next[word])) return put(next);
    const other = shapes.findIndex((each) => each.properties[word].enum.includes(next[word]));
    choose(other);
    return put(blank(shapes[other], around.root, next));
  };
  return html`${fitting.length > 1 &&
    html`<select aria-label=${name} value=${String(at)} onChange=${(/** @type {any} */ e) => {
      choose(Number(e.target.value));
      put(blank(shapes[Number(e.target.value)], around.root, value));
    }}>${fitting.map((each) => html`<option value=${String(shapes.indexOf(each))} selected=${each === shape}>${each.title}</option>`)}</select>`}
    <div class="inner"><${Properties} schema=${schema} value=${value} put=${set} around=${around} /></div>`;
}

/** @param {any} schema */
const fallback = (schema) => (schema.default === undefined || typeof schema.default === "object" ? "–" : t("by_default", { value: String(schema.default) }));

/** @param {Given} given */
function List({ schema, value, put, around, name = "" }) {
  const now = /** @type {any[]} */ (value ?? []);
  const items = resolve(schema.items ?? {}, around.root);
  if (items.enum) {
    return html`<div class="checks">${items.enum.map(
      (/** @type {any} */ each) => html`<label class="check"><input type="checkbox" checked=${now.includes(each)}
        onChange=${(/** @type {any} */ e) => orNothing(e.target.checked ? [...now, each] : now.filter((one) => one !== each), put)} /> ${each}</label>`,
    )}</div>`;
  }
  return html`<ul class="items">${now.map(
      (each, index) => html`<li key=${index}><div>
        <${Field} bare=${true} schema=${items} value=${each} around=${around} required=${true} name=${`${name} ${index + 1}`}
          put=${(/** @type {any} */ next) => put(now.map((one, at) => (at === index ? next : one)))} /></div>
        <button type="button" class="plain" aria-label=${t("remove_n", { name, n: index + 1 })}
          onClick=${() => orNothing(now.filter((_, at) => at !== index), put)}>✕</button></li>`,
    )}</ul>
    <button type="button" onClick=${() => put([...now, blank(items, around.root)])}>+ ${t("add_to", { name })}</button>`;
}

/** @param {any[]} list @param {(value: any) => void} put */
const orNothing = (list, put) => put(list.length ? list : undefined);

/** An object whose names are free. @param {Given} given */
function Names({ schema, value, put, around, name = "" }) {
  const now = Object.entries(value ?? {});
  /** @param {[string, any][]} next */
  const set = (next) => put(Object.fromEntries(next));
  return html`<ul class="items">${now.map(
      ([key, each], index) => html`<li key=${index}><div class="pair">
        <input list="columns" aria-label=${`${name} ${index + 1}`} value=${key}
          onChange=${(/** @type {any} */ e) => set(now.map((one, at) => (at === index ? [e.target.value, each] : one)))} /> →
        <${Field} bare=${true} schema=${schema.additionalProperties ?? {}} value=${each} around=${around} required=${true} name=${`${name} ${index + 1}`}
          put=${(/** @type {any} */ next) => set(now.map((one, at) => (at === index ? [key, next] : one)))} /></div>
        <button type="button" class="plain" aria-label=${t("remove_n", { name, n: index + 1 })} onClick=${() => set(now.filter((_, at) => at !== index))}>✕</button></li>`,
    )}</ul>
    <button type="button" onClick=${() => set([...now, [around.columns.find((each) => !(each in (value ?? {}))) ?? "", ""]])}>+ ${t("add_to", { name })}</button>`;
}

/** A name that occurs once is the name; others go by their position. @param {Around} around */
const columnsOf = ({ columns }) =>
  columns.map((name, at) => {
    const alone = name !== "" && columns.indexOf(name) === columns.lastIndexOf(name);
    const value = alone ? name : { index: at + 1 };
    return { key: keyOf(value), words: alone ? name : `${at + 1}: ${name || t("no_name")}`, value };
  });

/** @param {any} value */
const keyOf = (value) => (typeof value === "string" ? `n${value}` : `i${value?.index}`);

/** @param {Given} given */
function Column({ value, put, around, required, name = "" }) {
  const offered = columnsOf(around);
  const key = value === undefined || value === "" ? "" : keyOf(value);
  const unknown = key && !offered.some((each) => each.key === key);
  return html`<select aria-label=${name} value=${key} onChange=${(/** @type {any} */ e) => {
    const found = offered.find((each) => each.key === e.target.value);
    put(found ? found.value : required ? "" : undefined);
  }}>
    <option value="">${required ? t("choose_column") : "–"}</option>
    ${unknown && html`<option value=${key} selected>${typeof value === "string" ? value : `{index: ${value.index}}`}</option>`}
    ${offered.map((each) => html`<option value=${each.key} selected=${each.key === key}>${each.words}</option>`)}
  </select>`;
}

/** Another file of the user's. @param {Given} given */
function Other({ value, put, around, name = "" }) {
  return html`<select aria-label=${name} value=${String(value ?? "")} onChange=${(/** @type {any} */ e) => put(Number(e.target.value))}>
    <option value="">${t("choose_file")}</option>
    ${around.files.map((each) => html`<option value=${String(each.id)} selected=${each.id === value}>${each.name} (${each.id})</option>`)}
  </select>`;
}

/** @param {Given} given */
function Enum({ schema, value, put, required, name = "" }) {
  const shown = value === undefined ? "" : String(value);
  return html`<select aria-label=${name} value=${shown}
    onChange=${(/** @type {any} */ e) => put(schema.enum.find((/** @type {any} */ each) => String(each) === e.target.value))}>
    ${(!required || value === undefined) && html`<option value="">${fallback(schema)}</option>`}
    ${schema.enum.map((/** @type {any} */ each) => html`<option value=${String(each)} selected=${String(each) === shown}>${String(each)}</option>`)}
  </select>`;
}

/** @param {Given} given */
function Figure({ schema, value, put, required, name = "" }) {
  return html`<input type="number" aria-label=${name} value=${value ?? ""} min=${schema.minimum} max=${schema.maximum}
    step=${schema.type === "integer" ? 1 : "any"} placeholder=${schema.default ?? ""}
    onInput=${(/** @type {any} */ e) => put(e.target.value === "" && !required ? undefined : Number(e.target.value))} />`;
}

/** @param {Given} given */
function Text({ schema, value, put, required, name = "" }) {
  return html`<input aria-label=${name} value=${value ?? ""} placeholder=${schema.default ?? ""} autocomplete="off" spellcheck=${false}
    onInput=${(/** @type {any} */ e) => put(e.target.value === "" && !required ? undefined : e.target.value)} />`;
}
