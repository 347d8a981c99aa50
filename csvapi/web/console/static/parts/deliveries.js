// What a webhook was sent, what it answered, and the way to send it again.
import { deliveries, resendDelivery, testWebhook } from "../api.js";
import { html, useEffect } from "../lib.js";
import { away, moment, number, say, t, word } from "../state.js";
import { useListing } from "./listing.js";
import { Problem } from "./problem.js";

const ASKS_EVERY = 3000; // milliseconds, while something is to be sent soon
const SOON = 60_000;

/** @param {{hook: import("../api.js").Webhook}} given */
export function Deliveries({ hook }) {
  const { found, next, loaded, error, setError, more } = useListing((cursor) => deliveries(hook.id, cursor));
  const waits = found.some((each) => each.next_at && new Date(each.next_at).getTime() < Date.now() + SOON);
  useEffect(() => {
    if (!waits) return undefined;
    const timer = setInterval(() => more(null), ASKS_EVERY);
    return () => clearInterval(timer);
  }, [waits]);
  /** @param {Promise<any>} sent */
  const send = (sent) =>
    sent.then(() => {
      say(t("hook_sending"));
      more(null);
    }, setError);
  return html`<section class="card" aria-labelledby="deliveries">
    <div class="bar"><h2 id="deliveries">${t("deliveries")} <span class="faint">${hook.url}</span></h2>
      ${!hook.disabled_at && html`<button onClick=${() => send(testWebhook(hook.id))}>${t("hook_test")}</button>`}</div>
    <${Problem} error=${error} />
    ${loaded && !found.length && html`<p class="faint">${t("no_deliveries")}</p>`}
    <div class="scroll"><table class="list sent"><tbody>${found.map(
      (each) => html`<${Delivery} key=${each.id} delivery=${each} resend=${hook.disabled_at ? null : () => send(resendDelivery(hook.id, each.id))} />`,
    )}</tbody></table></div>
    ${next && html`<p><button onClick=${() => more(next)}>${t("more")}</button></p>`}
  </section>`;
}

/** @param {{delivery: import("../api.js").Delivery, resend: (() => void)|null}} given */
function Delivery({ delivery, resend }) {
  const tone = { delivered: "succeeded", failed: "failed" }[delivery.status] ?? "";
  const last = delivery.attempts.at(-1);
  return html`<tr>
    <th scope="row">${delivery.event}</th>
    <td><span class=${`tag ${tone}`}>${word("sent", delivery.status)}</span></td>
    <td>${last && html`<details><summary>${t("attempts", { n: number(delivery.attempts.length) })}: ${last.status ?? t("no_answer")}</summary>
      <ul>${delivery.attempts.map((each) => html`<li>${moment(each.at)}: ${each.status ?? t("no_answer")}, ${number(each.ms)} ms ${each.detail && html`<code>${each.detail}</code>`}</li>`)}</ul></details>`}</td>
    <td>${delivery.next_at ? html`<span title=${moment(delivery.next_at)}>${t("next_attempt", { when: away(delivery.next_at) })}</span>`
      : html`<span title=${moment(delivery.created_at)}>${away(delivery.created_at)}</span>`}</td>
    <td class="row">${resend && html`<button class="plain" aria-label=${t("resend_n", { name: delivery.event })} onClick=${resend}>↻</button>`}</td>
  </tr>`;
}
