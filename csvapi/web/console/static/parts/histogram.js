// How numbers or dates are spread: a bar for each bin, of which each adds a step that keeps its records alone.
import { html } from "../lib.js";
import { number, t } from "../state.js";

const HEIGHT = 48;
const LEAST = 1.5; // of a bar with few records, so that it is seen
const END = "9999-12-31T23:59:59"; // the last edge that a date can have: its bin has it, too

/**
 * @typedef {{edges: string[], counts: number[], error: number}} Bins
 * @param {{bins: Bins, date: boolean, name: string, pick: (conditions: any[]) => void}} given
 */
export function Histogram({ bins, date, name, pick }) {
  const most = Math.max(...bins.counts, 1);
  const kind = date ? "date" : "number";
  return html`<div class="histogram" role="group" aria-label=${t("histogram_of", { name })}>
    <div class="bins">${bins.counts.map((count, at) => {
      const [from, to] = [bins.edges[at], bins.edges[at + 1]];
      const height = count ? Math.max((HEIGHT * count) / most, LEAST) : 0;
      const conditions = [{ operator: ">=", value: from, as: kind }];
      if (to !== END) conditions.push({ operator: "<", value: to, as: kind });
      const words = t("keep_bin", { from, to, n: number(count) });
      return html`<button title=${words} aria-label=${words} onClick=${() => pick(conditions)}>
        <svg viewBox=${`0 0 10 ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true"><rect x="0.5" y=${HEIGHT - height} width="9" height=${height} /></svg></button>`;
    })}</div>
    <p class="edges"><span>${bins.edges[0]}</span><span>${bins.edges.at(-1)}</span></p>
  </div>`;
}

/** @param {{quantiles: Record<string, string>}} given */
export function Quantiles({ quantiles }) {
  const shown = Object.entries({ "0.05": "5 %", "0.5": t("median"), "0.95": "95 %" });
  return html`<dl class="quantiles">${shown.map(
    ([share, words]) => html`<div><dt>${words}</dt><dd title=${quantiles[share]}>${quantiles[share]}</dd></div>`,
  )}</dl>`;
}
