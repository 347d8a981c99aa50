// What to look at first, for whoever opened the sample.
import { html, useState } from "../lib.js";
import { link } from "../router.js";
import { t } from "../state.js";

export const SAMPLE_STEPS = [
  { op: "set", columns: ["E-Mail"], trim: true, case: "lower" },
  { op: "filter", filters: [{ column: "E-Mail", operator: "not_empty" }] },
  { op: "dedup", columns: ["E-Mail"] },
];

/** @param {{file: import("../api.js").StoredFile, at: "data"|"steps", filled?: boolean}} given */
export function Tour({ file, at, filled }) {
  const [hidden, setHidden] = useState(false);
  if (hidden || file.name !== "sample.csv") return null;
  const recipe = link(`/files/${file.id}/steps`, { s: JSON.stringify(SAMPLE_STEPS) });
  return html`<aside class="tour" aria-label=${t("tour")}>
    <p><strong>${t("tour")}</strong> ${t(at === "data" ? "tour_data" : filled ? "tour_run" : "tour_steps")}
    ${!filled && html` <a href=${recipe}>${t("tour_recipe")}</a>`}</p>
    <button class="plain" onClick=${() => setHidden(true)}>${t("close")}</button>
  </aside>`;
}
