// The keys that do something anywhere, and the list of them at ?.
import { html, useEffect, useRef } from "../lib.js";
import { go } from "../router.js";
import { session, t } from "../state.js";

const GO = { h: "/", f: "/files", t: "/tasks", a: "/account" };

export function Shortcuts() {
  const dialog = useRef(/** @type {HTMLDialogElement|null} */ (null));
  useEffect(() => {
    let before = "";
    /** @param {KeyboardEvent} event */
    const press = (event) => {
      const on = /** @type {HTMLElement} */ (event.target);
      if (event.ctrlKey || event.metaKey || event.altKey || on.closest("input, textarea, select, dialog")) return;
      if (event.key === "?") dialog.current?.showModal();
      else if (before === "g" && event.key in GO && session.value?.email) go(GO[/** @type {keyof GO} */ (event.key)]);
      before = event.key;
    };
    addEventListener("keydown", press);
    return () => removeEventListener("keydown", press);
  }, []);
  /** @param {string} keys @param {string} words */
  const line = (keys, words) =>
    html`<tr><th scope="row">${keys.split(" ").map((key) => html`<kbd>${key}</kbd> `)}</th><td>${words}</td></tr>`;
  return html`<dialog ref=${dialog} aria-labelledby="keys-title">
    <h2 id="keys-title">${t("shortcuts")}</h2>
    <table class="plain"><tbody>
      ${line("g h", t("home"))} ${line("g f", t("files"))} ${line("g t", t("tasks"))} ${line("g a", t("account"))}
      ${line("Ctrl Z", t("undo"))} ${line("Ctrl Shift Z", t("redo"))} ${line("PageDown Home End", t("scroll_keys"))} ${line("?", t("shortcuts"))}
    </tbody></table>
    <form method="dialog"><button>${t("close")}</button></form>
  </dialog>`;
}
