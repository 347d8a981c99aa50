// Addresses that get a message when a run ends: make one, see what it was sent and what it answered, send it again.
import { deleteWebhook, makeWebhook, webhooks } from "../api.js";
import { html, useEffect, useState } from "../lib.js";
import { useAsked } from "../parts/asked.js";
import { Deliveries } from "../parts/deliveries.js";
import { Problem } from "../parts/problem.js";
import { Secret } from "../parts/secret.js";
import { link } from "../router.js";
import { away, moment, t, word } from "../state.js";

const EVENTS = /** @type {const} */ (["succeeded", "failed", "cancelled"]);

/** @param {{id: number|null}} given */
export function Webhooks({ id }) {
  const [found, error, after] = useAsked(webhooks);
  const [secret, setSecret] = useState("");
  useEffect(() => {
    document.title = `${t("webhooks")} – csvapi`;
  }, []);
  const items = found?.items ?? [];
  const shown = items.find((each) => each.id === id);
  return html`<h1>${t("webhooks")}</h1>
    <p>${t("webhooks_how")} <a href="#/account">${t("account")}</a></p>
    <${Problem} error=${error} />
    <${Secret} secret=${secret} words=${t("hook_once")} close=${() => setSecret("")} />
    ${found && !items.length && html`<p class="faint">${t("no_webhooks")}</p>`}
    <div class="scroll"><table class="list"><tbody>${items.map((each) => html`<${Hook} key=${each.id} hook=${each} open=${each.id === id} remove=${() => after(deleteWebhook(each.id))} />`)}</tbody></table></div>
    ${id !== null && found && !shown && html`<p class="note">${t("no_webhook")}</p>`}
    ${shown && html`<${Deliveries} key=${shown.id} hook=${shown} />`}
    <${Make} make=${(/** @type {any} */ body) => after(makeWebhook(body)).then((hook) => {
      if (hook) setSecret(hook.secret);
      return Boolean(hook);
    })} />`;
}

/** @param {{hook: import("../api.js").Webhook, open: boolean, remove: () => void}} given */
function Hook({ hook, open, remove }) {
  const events = hook.events.map((each) => word("status", each.replace("task.", ""))).join(", ");
  return html`<tr>
    <th scope="row"><a href=${link(`/webhooks/${hook.id}`)} aria-current=${open ? "true" : undefined}>${hook.url}</a></th>
    <td>${events}</td>
    <td title=${moment(hook.created_at)}>${away(hook.created_at)}</td>
    <td>${hook.disabled_at
      ? html`<span class="tag failed" title=${moment(hook.disabled_at)}>${t("hook_off")}: ${hook.disabled_reason}</span>`
      : html`<span class="tag succeeded">${t("hook_on")}</span>`}</td>
    <td class="row"><button class="plain" aria-label=${t("remove", { name: hook.url })} onClick=${remove}>✕</button></td>
  </tr>`;
}

/** @param {{make: (body: any) => Promise<boolean>}} given */
function Make({ make }) {
  /** @param {SubmitEvent} event */
  const submit = (event) => {
    event.preventDefault();
    const form = /** @type {HTMLFormElement} */ (event.target);
    const given = new FormData(form);
    make({ url: given.get("url"), events: given.getAll("event") }).then((made) => made && form.reset());
  };
  return html`<section class="card" aria-labelledby="make-hook"><h2 id="make-hook">${t("make_webhook")}</h2>
    <form class="fields" onSubmit=${submit}>
      <label class="grow">${t("hook_url")}<input name="url" type="url" required maxlength="2000" placeholder="https://" /></label>
      <fieldset class="checks"><legend>${t("hook_events")}</legend>${EVENTS.map(
        (each) => html`<label class="check"><input type="checkbox" name="event" value=${`task.${each}`} defaultChecked /> ${word("status", each)}</label>`,
      )}</fieldset>
      <button>${t("make_webhook")}</button>
    </form></section>`;
}
