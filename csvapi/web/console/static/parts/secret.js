// A secret that was just made: shown this once.
import { html } from "../lib.js";
import { say, t } from "../state.js";

/** @param {{secret: string, words: string, close: () => void}} given */
export function Secret({ secret, words, close }) {
  if (!secret) return null;
  return html`<div class="note"><p>${words}</p><p class="row"><code class="secret">${secret}</code>
    <button onClick=${() => navigator.clipboard.writeText(secret).then(() => say(t("copied")))}>${t("copy")}</button>
    <button class="plain" onClick=${close}>${t("close")}</button></p></div>`;
}
