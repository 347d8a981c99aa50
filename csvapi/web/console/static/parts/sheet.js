// A windowed table of any number of records: only those that are seen are elements, and asked for.
import { html, useEffect, useLayoutEffect, useMemo, useRef } from "../lib.js";
import { number, t } from "../state.js";
import { cell } from "./cell.js";
import { HEIGHT } from "./scaled.js";

const MORE = 4; // rows above and below what is seen
const [LETTER, EDGES, NARROWEST, WIDEST] = [8.4, 22, 60, 384]; // pixels
const BOLD = 1.12; // times as wide

/** @typedef {import("../api.js").Row} Row */

/**
 * @param {{pages: import("./pages.js").Pages, scroll: ReturnType<import("./scaled.js").useScaled>, focus: number|null, label: string}} given
 */
export function Sheet({ pages, scroll, focus, label }) {
  const { box, top, bar, height, high, place, scrolled } = scroll;
  const total = pages.total ?? 0;
  const first = Math.floor(top / HEIGHT);
  const begin = Math.max(0, first - Math.min(MORE, Math.floor(bar / HEIGHT)));
  const end = Math.min(total, Math.ceil((top + height) / HEIGHT) + MORE);
  useEffect(() => pages.want(first + 1, Math.max(first + 1, Math.min(total || 1, Math.ceil((top + height) / HEIGHT)))), [first, height, total]);
  /** @param {KeyboardEvent} event */
  const pressed = (event) => {
    const page = Math.max(HEIGHT, Math.floor(height / HEIGHT - 1) * HEIGHT);
    const to = { ArrowDown: top + HEIGHT, ArrowUp: top - HEIGHT, PageDown: top + page, PageUp: top - page, Home: 0, End: scroll.most }[event.key];
    if (to === undefined || event.altKey || event.metaKey) return;
    event.preventDefault();
    place(to);
  };
  const before = Math.max(0, bar - (top - begin * HEIGHT));
  const after = Math.max(0, high - before - (end - begin) * HEIGHT);
  const sample = pages.at(1) ?? pages.at(first + 1);
  const widths = useMemo(() => measured(pages, total), [pages.columns, total, sample === undefined]);
  return html`<div class="grid sheet" ref=${box} tabindex="0" role="region" aria-label=${label} aria-busy=${pages.busy} onScroll=${scrolled} onKeyDown=${pressed}>
    <table aria-rowcount=${pages.exact ? total + 1 : -1} aria-label=${label}>
      <${Widths} widths=${widths} />
      <thead><tr aria-rowindex="1">
        <th scope="col" class="place">${t("row")}</th><th scope="col" class="place">${t("line")}</th><th scope="col" class="place">${t("byte")}</th>
        ${pages.columns.map((each) => html`<th scope="col" title=${each}>${each === "" ? html`<em class="absent">${t("no_name")}</em>` : each}</th>`)}
      </tr></thead>
      <tbody>
        ${before > 0 && html`<${Gap} key="before" height=${before} />`}
        ${Array.from({ length: Math.max(0, end - begin) }, (_, at) => begin + at + 1).map(
          (row) => html`<${Line} key=${row} row=${row} record=${pages.at(row)} columns=${pages.columns} found=${row === focus} />`,
        )}
        ${after > 0 && html`<${Gap} key="after" height=${after} />`}
      </tbody>
    </table>
  </div>`;
}

/** A record, which is made once; or the place of one that is still to come. @param {{row: number, record: Row|undefined, columns: string[], found: boolean}} given */
function Line({ row, record, columns, found }) {
  return useMemo(() => {
    if (!record) return html`<tr class="coming" aria-rowindex=${row + 1}><td class="place">${number(row)}</td><td class="place">…</td></tr>`;
    return html`<tr aria-rowindex=${row + 1} class=${found ? "found" : ""}>
      <td class="place">${number(record.row)}</td><td class="place">${number(record.line)}</td><td class="place">${number(record.byte)}</td>
      ${columns.map((_, at) => html`<td title=${record.values[at] ?? ""}>${cell(record.values[at] ?? null)}</td>`)}
      ${record.values.length > columns.length && html`<td class="extra" title=${t("extra")}>${record.values.slice(columns.length).map((value) => html`${cell(value)} `)}</td>`}
    </tr>`;
  }, [row, record, columns, found]);
}

/** The room of rows that are not elements. @param {{height: number}} given */
function Gap({ height }) {
  const row = useRef(/** @type {HTMLTableRowElement|null} */ (null));
  useLayoutEffect(() => {
    if (row.current) row.current.style.height = `${height}px`; // by script: the policy allows no style attribute
  }, [height]);
  return html`<tr class="gap" aria-hidden="true" ref=${row}></tr>`;
}

/** The widths of the columns, which stay as they are while one scrolls. @param {{widths: number[]}} given */
function Widths({ widths }) {
  const group = useRef(/** @type {HTMLTableColElement|null} */ (null));
  useLayoutEffect(() => {
    const on = /** @type {HTMLElement} */ (group.current);
    [...on.children].forEach((each, at) => {
      /** @type {HTMLElement} */ (each).style.width = `${widths[at]}px`;
    });
    /** @type {HTMLElement} */ (on.parentElement).style.width = `${widths.reduce((sum, each) => sum + each, 0)}px`;
  }, [widths]);
  return html`<colgroup ref=${group}>${widths.map(() => html`<col />`)}</colgroup>`;
}

/** Pixels for record, line, byte and each column, by the names and the first records. @param {import("./pages.js").Pages} pages @param {number} total */
function measured(pages, total) {
  const shown = Array.from({ length: 100 }, (_, at) => pages.at(at + 1)).filter((each) => each !== undefined);
  /** @param {number} letters */
  const pixels = (letters) => Math.min(WIDEST, Math.max(NARROWEST, Math.ceil(letters * LETTER + EDGES)));
  const last = shown.at(-1);
  const names = [t("row"), t("line"), t("byte")];
  const places = [total, (last?.line ?? 1) * 20 + total, ((last?.byte ?? 1) / (last?.row ?? 1)) * total].map((most, at) =>
    pixels(Math.max(number(Math.ceil(most)).length, names[at].length * BOLD)),
  );
  const columns = pages.columns.map((name, at) => pixels(shown.reduce((most, each) => Math.max(most, Math.min(60, each.values[at]?.length ?? 6)), name.length * BOLD)));
  const extra = shown.some((each) => each.values.length > pages.columns.length);
  return [...places, ...columns, ...(extra ? [WIDEST / 2] : [])];
}
