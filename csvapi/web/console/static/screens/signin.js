// Signing in and registering; the first visit leads through the sample.
import { Refusal, register, signIn, signOnAt } from "../api.js";
import { html, useEffect, useState } from "../lib.js";
import { Problem } from "../parts/problem.js";
import { go, link, route } from "../router.js";
import { place, t } from "../state.js";

/** @param {{registers: boolean}} given */
export function SignIn({ registers }) {
  const then = route.value.query.get("then") ?? "";
  const open = place.registration !== "closed";
  const sample = place.local ? link("/register", { then: "sample" }) : signOnAt("/#/?sample=1");
  return html`<div class="welcome">
    <section class="pitch">
      <h1>${t("pitch")}</h1>
      <ul class="ticks">
        <li>${t("pitch_1")}</li>
        <li>${t("pitch_2")}</li>
        <li>${t("pitch_3")}</li>
      </ul>
      ${(open || !place.local) &&
      !registers &&
      html`<p><a class="button" href=${sample}>${t("try_sample")}</a></p>`}
    </section>
    <section class="card" aria-labelledby="sign-title">
      ${then === "sample" && html`<p class="note">${t("sample_needs_account")}</p>`}
      ${place.provider && html`<${Provider} then=${then} registers=${registers && open} />`}
      ${place.local && (registers && open ? html`<${Register} then=${then} />` : html`<${Enter} then=${then} />`)}
    </section>
  </div>`;
}

/** The button that leads to the provider, and back to where one was. @param {{then: string, registers: boolean}} given */
function Provider({ then, registers }) {
  const inside = ["signin", "register"].includes(route.value.path[0]);
  const next = then === "sample" ? "/#/?sample=1" : inside ? "/" : `/${location.hash}`;
  useEffect(() => {
    if (!place.local) document.title = `${t("sign_in")} – csvapi`;
  }, []);
  return html`<div class="provider">
    ${!registers && html`<h2 id="sign-title">${t("sign_in")}</h2>`}
    <a class="button main" href=${signOnAt(next)}>${t("sign_in_with", { name: place.provider })}</a>
    ${place.local && html`<p class="faint or"><span>${t("or_password")}</span></p>`}
  </div>`;
}

/** @param {string} then */
const onwards = (then) => {
  const inside = ["/signin", "/register"].some((each) => location.hash.startsWith(`#${each}`));
  if (inside || then) go("/", then === "sample" ? { sample: "1" } : {});
};

/** @param {{then: string}} given */
function Enter({ then }) {
  const [error, setError] = useState(/** @type {unknown} */ (null));
  const [asksCode, setAsksCode] = useState(false);
  const [busy, setBusy] = useState(false);
  useEffect(() => {
    document.title = `${t("sign_in")} – csvapi`;
  }, []);
  /** @param {SubmitEvent} event */
  const submit = (event) => {
    event.preventDefault();
    const form = new FormData(/** @type {HTMLFormElement} */ (event.target));
    setBusy(true);
    signIn(String(form.get("email")), String(form.get("password")), String(form.get("otp") ?? ""))
      .then(() => onwards(then))
      .catch((refusal) => {
        if (refusal instanceof Refusal && refusal.code === "second_factor_needed") setAsksCode(true);
        setError(refusal);
      })
      .finally(() => setBusy(false));
  };
  return html`<form onSubmit=${submit}>
    ${!place.provider && html`<h2 id="sign-title">${t("sign_in")}</h2>`}
    <${Problem} error=${error} />
    <label>${t("email")}<input name="email" type="email" autocomplete="username" required /></label>
    <label>${t("password")}<input name="password" type="password" autocomplete="current-password" required /></label>
    ${asksCode && html`<label>${t("otp")}<input name="otp" autocomplete="one-time-code" inputmode="numeric" required /></label>`}
    <p class="row"><button class=${place.provider ? "" : "main"} disabled=${busy}>${t("sign_in")}</button>
      ${place.registration !== "closed" && html`<a href=${link("/register", { then })}>${t("no_account")}</a>`}</p>
  </form>`;
}

/** @param {{then: string}} given */
function Register({ then }) {
  const [error, setError] = useState(/** @type {unknown} */ (null));
  const [busy, setBusy] = useState(false);
  useEffect(() => {
    document.title = `${t("register")} – csvapi`;
  }, []);
  /** @param {SubmitEvent} event */
  const submit = (event) => {
    event.preventDefault();
    const form = new FormData(/** @type {HTMLFormElement} */ (event.target));
    const [email, password] = [String(form.get("email")), String(form.get("password"))];
    setBusy(true);
    register(email, password, String(form.get("again")), String(form.get("invitation") ?? ""))
      .then(() => signIn(email, password, ""))
      .then(() => onwards(then))
      .catch(setError)
      .finally(() => setBusy(false));
  };
  return html`<form onSubmit=${submit}>
    <h2 id="sign-title">${t("register")}</h2>
    <${Problem} error=${error} />
    <label>${t("email")}<input name="email" type="email" autocomplete="username" required /></label>
    <label>${t("password")}<small>${t("password_rule")}</small>
      <input name="password" type="password" autocomplete="new-password" minlength="8" required /></label>
    <label>${t("password_again")}<input name="again" type="password" autocomplete="new-password" required /></label>
    ${place.registration === "invite" && html`<label>${t("invitation")}<input name="invitation" required /></label>`}
    <p class="row"><button class="main" disabled=${busy}>${t("register")}</button>
      <a href=${link("/signin", { then })}>${t("has_account")}</a></p>
  </form>`;
}
