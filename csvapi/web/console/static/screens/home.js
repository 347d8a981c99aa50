// Where one begins: choose files, watch them arrive, go on with what is there.
import { files } from "../api.js";
import { html, useEffect, useRef, useState } from "../lib.js";
import { FileRow } from "../parts/lists.js";
import { Problem, wordsOf } from "../parts/problem.js";
import { add, cancel, clear, sample, uploads } from "../parts/uploads.js";
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
    const waits = uploads.value.some((each) => ["waiting", "sending", "checking"].includes(each.state));
    const more = done.slice(before.current);
    if (more.length === 1 && !waits && uploads.value.at(-1) === more[0]) go(`/files/${more[0].id}`);
  }, [uploads.value]);
  return html`
    <h1>${t("home_title")}</h1>
    <${Problem} error=${error} />
    <${Drop} />
    <${Queue} />
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
  const { file, sent, total, began, state } = upload;
  const rate = sent / Math.max((Date.now() - began) / 1000, 0.1);
  const left = state === "sending" && sent ? t("eta", { n: number(Math.ceil((total - sent) / rate)) }) : "";
  return html`<li class=${state}>
    <strong>${state === "done" ? html`<a href=${link(`/files/${upload.id}`)}>${file.name}</a>` : file.name}</strong>
    <span>${bytes(file.size)}</span>
    ${["sending", "checking"].includes(state) &&
    html`<progress max=${total || 1} value=${sent} aria-label=${file.name}></progress><span>${percent(sent / (total || 1))} ${left}</span>`}
    <span>${word("upload", state)}</span>
    ${["waiting", "sending"].includes(state) && html`<button class="plain" onClick=${() => cancel(upload)}>${t("cancel")}</button>`}
    ${upload.error && html`<p class="bad" role="alert">${wordsOf(upload.error)}</p>`}
  </li>`;
}

