// The account: what it uses, keys for programs, where it is signed in, a new password; for operators, where to look.
import { changePassword, deleteKey, endOtherSessions, endSession, keys, makeKey, sessions, signOnAt, usage } from "../api.js";
import { html, useEffect, useState } from "../lib.js";
import { useAsked } from "../parts/asked.js";
import { Problem } from "../parts/problem.js";
import { Secret } from "../parts/secret.js";
import { away, bytes, moment, number, place, session, t, word } from "../state.js";

export function Account() {
  useEffect(() => {
    document.title = `${t("account")} – csvapi`;
  }, []);
  return html`<h1>${session.value?.email}</h1><div class="halves"><${Usage} /><${Keys} /><${Sessions} />
    ${session.value?.has_password && html`<${Password} />`}${place.provider && html`<${SignOn} />`}
    <section class="card" aria-labelledby="hooks"><h2 id="hooks">${t("webhooks")}</h2><p>${t("webhooks_how")}</p><p><a class="button" href="#/webhooks">${t("webhooks_open")}</a></p></section>
    ${session.value?.is_admin && html`<${Operators} />`}</div>`;
}

/** Which way the account is opened; one with a password can be linked. */
function SignOn() {
  const name = place.provider;
  const known = session.value?.single_sign_on;
  return html`<section class="card" aria-labelledby="sign-on"><h2 id="sign-on">${t("sign_on")}</h2>
    <p>${t(known ? "sign_on_opens" : "sign_on_link", { name })}</p>
    ${!known && html`<p class="row"><a class="button" href=${signOnAt("/#/account", true)}>${t("link_with", { name })}</a></p>`}</section>`;
}

/** The pages of an installation that only administrators may open, and two that programs ask. */
function Operators() {
  const pages = /** @type {const} */ (["admin/", "rq/", "readyz", "metrics"]);
  return html`<section class="card" aria-labelledby="operators"><h2 id="operators">${t("operators")}</h2>
    <ul class="pages">${pages.map((each) => html`<li><a href=${place.api + each}>${word("page", each.replace("/", ""))}</a> <code>/${each}</code></li>`)}</ul></section>`;
}

function Usage() {
  const [found, error] = useAsked(usage);
  const shown = /** @type {const} */ (["stored_bytes", "files", "running_tasks", "queued_tasks", "kept_tasks"]);
  return html`<section class="card" aria-labelledby="usage"><h2 id="usage">${t("usage")}</h2><${Problem} error=${error} />
    ${found && shown.map((name) => {
      const { used, limit } = found[name];
      const say = name === "stored_bytes" ? bytes : number;
      return html`<p><label>${word("use", name)} <small>${say(used)} / ${say(limit)}</small><meter max=${limit} value=${used} high=${0.9 * limit}></meter></label></p>`;
    })}</section>`;
}

function Keys() {
  const [found, error, after] = useAsked(keys);
  const [secret, setSecret] = useState("");
  /** @param {SubmitEvent} event */
  const submit = (event) => {
    event.preventDefault();
    const form = /** @type {HTMLFormElement} */ (event.target);
    const given = new FormData(form);
    const scopes = given.get("write") ? ["read", "write"] : ["read"];
    const day = String(given.get("until") ?? "");
    const until = day ? { expires_at: new Date(`${day}T23:59:59`).toISOString() } : {};
    after(makeKey({ name: given.get("name"), scopes, ...until })).then((key) => {
      if (!key) return;
      setSecret(key.secret);
      form.reset();
    });
  };
  return html`<section class="card" aria-labelledby="keys"><h2 id="keys">${t("api_keys")}</h2><${Problem} error=${error} />
    <${Secret} secret=${secret} words=${t("key_once")} close=${() => setSecret("")} />
    <table class="list"><tbody>${found?.items.map(
      (/** @type {any} */ key) => html`<tr><th scope="row">${key.name}</th><td><code>${key.hint}…</code></td><td>${key.scopes.join(", ")}</td>
        <td title=${key.expires_at && moment(key.expires_at)}>${key.expires_at && t("ends", { when: away(key.expires_at) })}</td>
        <td>${key.last_used_at ? t("used", { when: away(key.last_used_at) }) : t("never_used")}</td>
        <td><button class="plain" aria-label=${t("remove", { name: key.name })} onClick=${() => after(deleteKey(key.id))}>✕</button></td></tr>`,
    )}</tbody></table>
    <form class="fields" onSubmit=${submit}><label>${t("key_name")}<input name="name" required maxlength="100" /></label>
      <label>${t("until")} <i>${t("optional")}</i><input name="until" type="date" /></label>
      <label class="check"><input type="checkbox" name="write" defaultChecked /> ${t("may_write")}</label><button>${t("make_key")}</button></form></section>`;
}

function Sessions() {
  const [found, error, after] = useAsked(sessions);
  return html`<section class="card" aria-labelledby="sessions"><h2 id="sessions">${t("sessions")}</h2><${Problem} error=${error} />
    <table class="list"><tbody>${found?.items.map(
      (/** @type {any} */ each) => html`<tr><th scope="row">${each.agent ?? "?"}</th><td title=${moment(each.created_at)}>${away(each.last_used_at ?? each.created_at)}</td>
        <td>${each.current ? html`<span class="tag">${t("this_one")}</span>` : html`<button class="plain" onClick=${() => after(endSession(each.id))}>${t("end")}</button>`}</td></tr>`,
    )}</tbody></table>
    ${found?.items.length > 1 && html`<p><button onClick=${() => after(endOtherSessions())}>${t("end_others")}</button></p>`}</section>`;
}

function Password() {
  const [error, setError] = useState(/** @type {unknown} */ (null));
  const [done, setDone] = useState(false);
  /** @param {SubmitEvent} event */
  const submit = (event) => {
    event.preventDefault();
    const form = /** @type {HTMLFormElement} */ (event.target);
    const given = new FormData(form);
    changePassword({ current_password: given.get("now"), new_password: given.get("next"), end_keys: Boolean(given.get("keys")) }).then(() => {
      setError(null);
      setDone(true);
      form.reset();
    }, setError);
  };
  return html`<section class="card" aria-labelledby="password"><h2 id="password">${t("password")}</h2><${Problem} error=${error} />
    ${done && html`<p class="note" role="status">${t("password_changed")}</p>`}
    <form onSubmit=${submit}><label>${t("password_now")}<input name="now" type="password" autocomplete="current-password" required /></label>
      <label>${t("password_next")}<input name="next" type="password" autocomplete="new-password" minlength="8" required /></label>
      <label class="check"><input type="checkbox" name="keys" /> ${t("end_keys")}</label><p class="row"><button>${t("change")}</button></p></form></section>`;
}
