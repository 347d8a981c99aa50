// A windowed table: only the rows that are seen are elements, however many there are.
import { html, useEffect, useLayoutEffect, useRef, useState } from "../lib.js";
import { number, t } from "../state.js";
import { cell } from "./cell.js";

export const HEIGHT = 28; // pixels of a row, as in console.css
const MORE = 12; // rows above and below what is seen

/**
 * `rows` are those that are there, after `offset` others; near their end `more` is called. `total` is how many there are in all, if known.
 * @param {{columns: string[], rows: import("../api.js").Row[], total?: number|null, offset?: number, more?: () => void, focus?: number|null, label: string, marks?: boolean, note?: (row: import("../api.js").Row) => unknown}} given
 */
export function Grid({ columns, rows, total, more, offset = 0, focus, label, marks, note }) {
  const box = useRef(/** @type {HTMLDivElement|null} */ (null));
  const [top, setTop] = useState(0);
  const [height, setHeight] = useState(480);
  useLayoutEffect(() => {
    const seen = new ResizeObserver(() => setHeight(box.current?.clientHeight ?? 480));
    if (box.current) seen.observe(box.current);
    return () => seen.disconnect();
  }, []);
  useEffect(() => {
    const index = rows.findIndex((each) => each.row === focus);
    if (focus && index >= 0 && box.current) box.current.scrollTop = Math.max(0, index * HEIGHT - height / 3);
  }, [focus, rows]);
  const first = Math.max(0, Math.floor(top / HEIGHT) - MORE);
  const last = Math.min(rows.length, Math.ceil((top + height) / HEIGHT) + MORE);
  useEffect(() => {
    if (more && last >= rows.length - 100) more();
  }, [last, rows.length, more]);
  const count = total ?? (more ? -1 : rows.length + 1);
  return html`<div class="grid" ref=${box} tabindex="0" role="region" aria-label=${label}
    onScroll=${(/** @type {Event} */ event) => setTop(/** @type {HTMLElement} */ (event.target).scrollTop)}>
    <table aria-rowcount=${count} aria-label=${label}>
      <thead><tr aria-rowindex="1">
        ${marks && html`<th scope="col" class="mark">${t("kept_or_not")}</th>`}
        <th scope="col" class="place">${t("row")}</th><th scope="col" class="place">${t("line")}</th><th scope="col" class="place">${t("byte")}</th>
        ${columns.map((each) => html`<th scope="col" title=${each}>${each === "" ? html`<em class="absent">${t("no_name")}</em>` : each}</th>`)}
      </tr></thead>
      <tbody>
        ${first > 0 && html`<${Gap} rows=${first} />`}
        ${rows.slice(first, last).map((each, index) => {
          const state = marks ? (each.kept ? "kept" : "dropped") : "";
          return html`<tr key=${each.row} aria-rowindex=${offset + first + index + 2} class=${`${state}${each.row === focus ? " found" : ""}`}>
            ${marks && html`<td class="mark">${note?.(each)}</td>`}
            <td class="place">${number(each.row)}</td><td class="place">${number(each.line)}</td><td class="place">${number(each.byte)}</td>
            ${columns.map((_, at) => html`<td title=${each.values[at] ?? ""}>${cell(each.values[at] ?? null)}</td>`)}
            ${each.values.length > columns.length && html`<td class="extra" title=${t("extra")}>${each.values.slice(columns.length).map((value) => html`${cell(value)} `)}</td>`}
          </tr>`;
        })}
        ${last < rows.length && html`<${Gap} rows=${rows.length - last} />`}
      </tbody>
    </table>
  </div>`;
}

/** The room of rows that are not elements. @param {{rows: number}} given */
function Gap({ rows }) {
  const row = useRef(/** @type {HTMLTableRowElement|null} */ (null));
  useLayoutEffect(() => {
    if (row.current) row.current.style.height = `${rows * HEIGHT}px`; // by script: the policy allows no style attribute
  }, [rows]);
  return html`<tr class="gap" aria-hidden="true" ref=${row}></tr>`;
}
