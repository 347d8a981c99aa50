// The records of a file: a grid that scrolls over all of them, any one by its number, and the bytes that they are read from.
import { html, useEffect, useRef, useState } from "../lib.js";
import { restate, route } from "../router.js";
import { number, say, t } from "../state.js";
import { usePages } from "./pages.js";
import { Problem } from "./problem.js";
import { Raw } from "./raw.js";
import { HEIGHT, useScaled } from "./scaled.js";
import { Sheet } from "./sheet.js";

/**
 * @param {{file: import("../api.js").StoredFile, path: string}} given
 */
export function Records({ file, path }) {
  const pages = usePages(file);
  const scroll = useScaled(pages.total ?? 0);
  const [raw, setRaw] = useState(false);
  const focus = Number(route.value.query.get("row")) || null;
  const first = Math.floor(scroll.top / HEIGHT) + 1;
  const none = focus !== null && pages.exact && focus > (pages.total ?? 0);
  const placed = useRef(/** @type {number|null} */ (null));
  useEffect(() => {
    if (!focus || placed.current === focus || none) return;
    if (focus > (pages.total ?? 0)) return pages.want(focus, focus); // further than was estimated
    placed.current = focus;
    show(focus);
  }, [focus, pages.total, none]);
  /** Scroll to a record, with some others above it. @param {number} row */
  const show = (row) => scroll.place((row - 1) * HEIGHT - Math.floor(scroll.height / 3 / HEIGHT) * HEIGHT);
  /** @param {SubmitEvent} event */
  const jump = (event) => {
    event.preventDefault();
    const row = String(new FormData(/** @type {HTMLFormElement} */ (event.target)).get("row"));
    if (Number(row) === focus && !none) show(focus);
    restate(path, { row });
    say(t("see_row", { row }));
  };
  const count = pages.total === null ? "" : pages.exact ? number(pages.total) : t("about", { n: number(pages.total) });
  return html`<section class="records" aria-labelledby="records">
    <div class="bar">
      <h2 id="records">${t("records")} <span class="faint">${count}</span></h2>
      ${(first > 1 || focus) && html`<button class="plain" onClick=${() => {
        restate(path);
        placed.current = null;
        scroll.place(0);
      }}>${t("to_start")}</button>`}
      <button class="plain" aria-pressed=${raw} onClick=${() => setRaw(!raw)}>${t("raw")}</button>
      <form class="jump" onSubmit=${jump}><label><span>${t("go_to")}</span><input name="row" type="number" min="1" required /></label><button>${t("go")}</button></form>
    </div>
    <${Problem} error=${none ? t("no_such_record", { row: number(focus) }) : pages.error} />
    ${pages.exact && pages.total === 0 && html`<p class="note">${t("no_records")}</p>`}
    <${Sheet} pages=${pages} scroll=${scroll} focus=${focus} label=${t("records_of", { name: file.name })} />
    ${raw && html`<${Raw} file=${file} row=${focus && !none ? focus : first} />`}
  </section>`;
}
