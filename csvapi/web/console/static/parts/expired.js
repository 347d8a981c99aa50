// A session that has ended: sign in again where one is, and go on with what was typed.
import { signIn } from "../api.js";
import { html, useEffect, useRef, useState } from "../lib.js";
import { expired, session, t } from "../state.js";
import { Problem } from "./problem.js";

export function Expired() {
  const dialog = useRef(/** @type {HTMLDialogElement|null} */ (null));
  const [error, setError] = useState(/** @type {unknown} */ (null));
  const open = expired.value;
  useEffect(() => {
    if (open) dialog.current?.showModal();
    else dialog.current?.close();
  }, [open]);
  /** @param {SubmitEvent} event */
  const submit = (event) => {
    event.preventDefault();
    const form = new FormData(/** @type {HTMLFormElement} */ (event.target));
    signIn(session.value?.email ?? "", String(form.get("password")), String(form.get("otp") ?? ""))
      .then(() => {
        setError(null);
        dispatchEvent(new Event("signed-in-again"));
      })
      .catch(setError);
  };
  return html`<dialog ref=${dialog} aria-labelledby="expired-title" onCancel=${(/** @type {Event} */ e) => e.preventDefault()}>
    ${open &&
    html`<form onSubmit=${submit}>
      <h2 id="expired-title">${t("expired")}</h2>
      <p>${t("expired_why", { email: session.value?.email ?? "" })}</p>
      <${Problem} error=${error} />
      <label>${t("password")}<input name="password" type="password" autocomplete="current-password" required autofocus /></label>
      <label>${t("otp_if")}<input name="otp" autocomplete="one-time-code" /></label>
      <p class="row"><button class="main">${t("sign_in")}</button></p>
    </form>`}
  </dialog>`;
}
