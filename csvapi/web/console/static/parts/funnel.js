// What went in, what each step dropped, what came out.
import { html } from "../lib.js";
import { number, percent, t } from "../state.js";

/** @param {{counts: import("../api.js").Counts, steps: import("../api.js").Step[]|null}} given */
export function Funnel({ counts, steps }) {
  const most = Math.max(counts.in, counts.out, 1);
  let left = counts.in - counts.ragged;
  const lines = [{ name: t("records_in"), kept: counts.in, gone: 0 }];
  if (counts.ragged) lines.push({ name: t("ragged_dropped"), kept: left, gone: counts.ragged });
  counts.dropped.forEach((gone, index) => {
    left -= gone;
    lines.push({ name: `${index + 1}. ${steps?.[index]?.op ?? ""}`, kept: Math.max(left, 0), gone });
  });
  lines.push({ name: t("records_out"), kept: counts.out, gone: 0 });
  return html`<table class="funnel"><caption class="hidden">${t("funnel")}</caption>
    <thead class="hidden"><tr><th>${t("step")}</th><th>${t("share")}</th><th>${t("kept")}</th><th>${t("dropped")}</th></tr></thead>
    <tbody>${lines.map(
      ({ name, kept, gone }) => html`<tr><th scope="row">${name}</th>
        <td><svg viewBox="0 0 100 10" preserveAspectRatio="none" role="img" aria-label=${percent(kept / most)}>
          <rect class="kept" width=${(100 * kept) / most} height="10" /><rect class="dropped" x=${(100 * kept) / most} width=${(100 * gone) / most} height="10" /></svg></td>
        <td class="right">${number(kept)}</td><td class="right gone">${gone ? `−${number(gone)}` : ""}</td></tr>`,
    )}</tbody></table>`;
}
