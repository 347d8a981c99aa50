// The records of a file, page by page as they are scrolled to, or from any record on.
import { rows } from "../api.js";
import { html, useCallback, useEffect, useRef, useState } from "../lib.js";
import { restate, route } from "../router.js";
import { number, say, t } from "../state.js";
import { Grid } from "./grid.js";
import { Problem } from "./problem.js";

const PAGE = 500;
const ABOVE = 20; // records that are shown above the one that was asked for

/**
 * @typedef {{columns: string[], items: import("../api.js").Row[], next: string|null}} Window
 * @param {{file: {id: number, name: string, columns: string[]}, path: string}} given
 */
export function Records({ file, path }) {
  const [shown, setShown] = useState(/** @type {Window|null} */ (null));
  const [error, setError] = useState(/** @type {unknown} */ (null));
  const asked = useRef(0);
  const busy = useRef(false);
  const focus = Number(route.value.query.get("row")) || null;
  /** Ask for a page; what was asked for before and comes later is not shown. @param {Record<string, any>} by @param {Window|null} after */
  const ask = (by, after) => {
    const mine = ++asked.current;
    busy.current = true;
    rows(file.id, { limit: PAGE, ...by })
      .then((page) => {
        if (mine !== asked.current) return;
        setError(null);
        setShown({ ...page, items: [...(after?.items ?? []), ...page.items] });
        if (!after && by.from_row && !page.items.length) setError(t("no_such_record", { row: number(focus ?? 0) }));
      }, setError)
      .finally(() => {
        busy.current = mine !== asked.current;
      });
  };
  useEffect(() => {
    if (shown && (!focus || shown.items.some((each) => each.row === focus))) return;
    ask({ from_row: focus && focus > ABOVE ? focus - ABOVE : undefined }, null);
  }, [focus, file.id]);
  const more = useCallback(() => {
    if (shown?.next && !busy.current) ask({ cursor: shown.next }, shown);
  }, [shown]);
  const items = shown?.items ?? [];
  const [first, last] = [items[0]?.row ?? 1, items.at(-1)?.row ?? 0];
  /** @param {SubmitEvent} event */
  const jump = (event) => {
    event.preventDefault();
    const row = String(new FormData(/** @type {HTMLFormElement} */ (event.target)).get("row"));
    restate(path, { row });
    say(t("see_row", { row }));
  };
  return html`<section class="records" aria-labelledby="records">
    <div class="bar">
      <h2 id="records">${t("records")} <span class="faint">${shown?.next === null ? number(last) : t("so_far", { first: number(first), last: number(last) })}</span></h2>
      ${first > 1 && html`<button class="plain" onClick=${() => {
        restate(path);
        ask({}, null);
      }}>${t("to_start")}</button>`}
      <form class="jump" onSubmit=${jump}><label><span>${t("go_to")}</span><input name="row" type="number" min="1" required /></label><button>${t("go")}</button></form>
    </div>
    <${Problem} error=${error} />
    <${Grid} columns=${shown?.columns ?? file.columns} rows=${items} total=${shown?.next === null ? last + 1 : null} more=${shown?.next ? more : undefined}
      offset=${first - 1} focus=${focus} label=${t("records_of", { name: file.name })} />
  </section>`;
}
