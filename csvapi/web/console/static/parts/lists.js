// Files and tasks as lists show them.
import { readable } from "../api.js";
import { html } from "../lib.js";
import { link } from "../router.js";
import { away, bytes, moment, number, t, word } from "../state.js";

/** @param {{file: import("../api.js").StoredFile, children?: unknown}} given */
export function FileRow({ file, children }) {
  return html`<tr>
    <th scope="row">${readable(file) ? html`<a href=${link(`/files/${file.id}`)}>${file.name}</a>` : file.name}</th>
    <td><span class=${`tag ${file.kind}`}>${word("kind", file.kind)}</span></td>
    <td class="right">${bytes(file.size)}</td>
    <td class="right">${t("n_columns", { n: number(file.columns.length) })}</td>
    <td title=${moment(file.created_at)}>${away(file.created_at)}</td>
    <td title=${moment(file.expires_at)}>${t("expires", { when: away(file.expires_at) })}</td>
    ${children && html`<td class="row">${children}</td>`}
  </tr>`;
}

/** @param {{status: string}} given */
export function Status({ status }) {
  const sign = { succeeded: "✓", failed: "✕", cancelled: "⊘", queued: "…", running: "▶" }[status] ?? "?";
  return html`<span class=${`tag ${status}`}><span aria-hidden="true">${sign} </span>${word("status", status)}</span>`;
}

/** @param {{task: import("../api.js").Task, children?: unknown}} given */
export function TaskRow({ task, children }) {
  const steps = task.steps ? task.steps.map((each) => each.op).join(" → ") : "…";
  return html`<tr>
    <th scope="row"><a href=${link(`/tasks/${task.id}`)}>${task.label || steps}</a></th>
    <td><${Status} status=${task.status} /></td>
    <td class="faint">${task.label ? steps : ""}</td>
    <td class="right">${task.counts ? `${number(task.counts.in)} → ${number(task.counts.out)}` : ""}</td>
    <td title=${moment(task.created_at)}>${away(task.created_at)}</td>
    <td title=${moment(task.expires_at)}>${t("expires", { when: away(task.expires_at) })}</td>
    ${children && html`<td class="row">${children}</td>`}
  </tr>`;
}
