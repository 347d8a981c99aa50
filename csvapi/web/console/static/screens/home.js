// Where one begins: choose files, watch them arrive, go on with what is there.
import { deleteUpload, files, openUploads } from "../api.js";
import { html, useEffect, useRef, useState } from "../lib.js";
import { isOurs } from "../parts/inparts.js";
import { FileRow } from "../parts/lists.js";
import { Problem, wordsOf } from "../parts/problem.js";
import { add, busy, cancel, clear, pausable, pause, resume, sample, unfinished, uploads } from "../parts/uploads.js";
import { go, link, restate, route } from "../router.js";
import { bytes, number, percent, t, word } from "../state.js";

export function Home() {
  const [recent, setRecent] = useState(/** @type {import("../api.js").StoredFile[]|null} */ (null));
  const [error, setError] = useState(/** @type {unknown} */ (null));
  const done = uploads.value.filter((each) => each.state === "done");
  useEffect(() => {
    document.title = "csvapi";
    files({ limit: 5, kind: "upload" }).then((page) => setRecent(page.items), setError);
  }, [done.length]);
  const wantsSample = Boolean(route.value.query.get("sample"));
  useEffect(() => {
    if (wantsSample) {
      restate("/");
      openSample();
    }
  }, [wantsSample]);
  const openSample = () => sample().then((id) => go(`/files/${id}`), setError);
  const before = useRef(done.length); // those that were there when this screen was opened
  useEffect(() => {
    const waits = uploads.value.some(unfinished);
    const more = done.slice(before.current);
    if (more.length === 1 && !waits && uploads.value.at(-1) === more[0]) go(`/files/${more[0].id}`);
  }, [uploads.value]);
  return html`
    <h1>${t("home_title")}</h1>
    <${Problem} error=${error} />
    <${Drop} />
    <${Queue} />
    <${Interrupted} />
    ${recent?.length === 0 &&
    html`<p class="row center"><button onClick=${openSample}>${t("try_sample")}</button></p>`}
    ${recent && recent.length > 0 &&
    html`<section aria-labelledby="recent">
      <h2 id="recent">${t("recent")}</h2>
      <table class="list"><tbody>${recent.map((each) => html`<${FileRow} key=${each.id} file=${each} />`)}</tbody></table>
      <p class="row"><a href="#/files">${t("all_files")}</a> <button class="plain" onClick=${openSample}>${t("try_sample")}</button></p>
    </section>`}
  `;
}

/** The zone takes what is dropped; the button does the same for everybody else. */
function Drop() {
  const input = useRef(/** @type {HTMLInputElement|null} */ (null));
  const [over, setOver] = useState(false);
  /** @param {DragEvent} event */
  const drop = (event) => {
    event.preventDefault();
    setOver(false);
    add(event.dataTransfer?.files ?? []);
  };
  return html`<div class=${`drop${over ? " over" : ""}`}
    onDragOver=${(/** @type {DragEvent} */ event) => {
      event.preventDefault();
      setOver(true);
    }}
    onDragLeave=${() => setOver(false)} onDrop=${drop}>
    <p class="big">${t("drop")}</p>
    <p><button class="main" onClick=${() => input.current?.click()}>${t("choose")}</button></p>
    <input ref=${input} type="file" multiple hidden aria-label=${t("choose")}
      onChange=${(/** @type {Event} */ event) => {
        const chosen = /** @type {HTMLInputElement} */ (event.target);
        add(chosen.files ?? []);
        chosen.value = "";
      }} />
    <p class="faint">${t("drop_hint")}</p>
  </div>`;
}

function Queue() {
  if (!uploads.value.length) return null;
  return html`<section aria-labelledby="queue">
    <h2 id="queue">${t("uploads")}</h2>
    <ul class="queue">${uploads.value.map((each) => html`<${Item} key=${each.key} upload=${each} />`)}</ul>
    <p class="row"><button class="plain" onClick=${clear}>${t("clear")}</button></p>
  </section>`;
}

/** @param {{upload: import("../parts/uploads.js").Upload}} given */
function Item({ upload }) {
  const { file, sent, first, total, began, state } = upload;
  const rate = (sent - first) / Math.max((Date.now() - began) / 1000, 0.1);
  const left = state === "sending" && rate > 0 ? t("eta", { n: number(Math.ceil((total - sent) / rate)) }) : "";
  return html`<li class=${state}>
    <strong>${state === "done" ? html`<a href=${link(`/files/${upload.id}`)}>${file.name}</a>` : file.name}</strong>
    <span>${bytes(file.size)}</span>
    ${["paused", ...busy].includes(state) &&
    html`<progress max=${total || 1} value=${sent} aria-label=${file.name}></progress>
      <span>${percent(sent / (total || 1))} · ${bytes(sent)} ${left}</span>`}
    <span>${word("upload", state)}</span>
    ${pausable(upload) && ["sending", "offline"].includes(state) &&
    html`<button class="plain" aria-label=${t("pause_n", { name: file.name })} onClick=${() => pause(upload)}>${t("pause")}</button>`}
    ${state === "paused" && html`<button aria-label=${t("resume_n", { name: file.name })} onClick=${() => resume(upload)}>${t("resume")}</button>`}
    ${["waiting", "paused", "sending", "offline"].includes(state) && html`<button class="plain" onClick=${() => cancel(upload)}>${t("cancel")}</button>`}
    ${upload.error && html`<p class="bad" role="alert">${wordsOf(upload.error)}</p>`}
  </li>`;
}

/** Uploads of an earlier visit, which go on once their file is chosen again. */
function Interrupted() {
  const [found, setFound] = useState(/** @type {import("../api.js").Upload[]} */ ([]));
  const here = uploads.value.some(unfinished);
  useEffect(() => {
    if (!here) openUploads().then((page) => setFound(page.items.filter((each) => isOurs(each.id))), () => setFound([]));
  }, [here]);
  if (here || !found.length) return null;
  /** @param {string} id */
  const drop = (id) => deleteUpload(id).then(() => setFound(found.filter((each) => each.id !== id)), () => null);
  return html`<section aria-labelledby="interrupted">
    <h2 id="interrupted">${t("interrupted")}</h2>
    <ul class="queue">${found.map(
      ({ id, name, offset, length }) => html`<li key=${id}>
        <strong>${name}</strong><progress max=${length} value=${offset} aria-label=${name}></progress>
        <span>${t("choose_again", { part: bytes(offset), whole: bytes(length) })}</span>
        <button class="plain" aria-label=${t("remove", { name })} onClick=${() => drop(id)}>✕</button>
      </li>`,
    )}</ul>
  </section>`;
}
