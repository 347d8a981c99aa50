// A session that has ended: sign in again where one is, and go on with what was typed.
import { resume, signIn, signOnAt } from "../api.js";
import { html, useEffect, useRef, useState } from "../lib.js";
import { expired, place, session, t } from "../state.js";
import { Problem } from "./problem.js";

export function Expired() {
  const dialog = useRef(/** @type {HTMLDialogElement|null} */ (null));
  const [error, setError] = useState(/** @type {unknown} */ (null));
  const open = expired.value;
  const elsewhere = place.provider && (session.value?.single_sign_on || !place.local);
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
    ${open && elsewhere && html`<${Elsewhere} />`}
    ${open &&
    !elsewhere &&
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

/** In a tab beside, so that this one keeps what was typed. */
function Elsewhere() {
  const [error, setError] = useState(/** @type {unknown} */ (null));
  const goOn = () =>
    resume(session.value?.email).then((same) => {
      if (same) dispatchEvent(new Event("signed-in-again"));
      else setError(t("not_signed_in", { email: session.value?.email ?? "" }));
    }, setError);
  return html`<h2 id="expired-title">${t("expired")}</h2>
    <p>${t("expired_elsewhere", { email: session.value?.email ?? "" })}</p>
    <${Problem} error=${error} />
    <p class="row"><a class="button main" href=${signOnAt("/")} target="_blank">${t("sign_in_with", { name: place.provider })}</a>
      <button onClick=${goOn}>${t("go_on")}</button></p>`;
}
