// The queue of uploads: it goes on while other screens are shown.
import { Refusal, at, files } from "../api.js";
import { signal } from "../lib.js";
import { place, say, session, t } from "../state.js";

/**
 * @typedef {{key: number, file: File, sent: number, total: number, began: number, state: "waiting"|"sending"|"checking"|"done"|"refused"|"cancelled", id?: number, error?: unknown, stop?: () => void}} Upload
 */

/** @type {import("../lib.js").Signal<Upload[]>} */
export const uploads = signal([]);
let last = 0;

/** @param {number} key @param {Partial<Upload>} change */
const put = (key, change) => {
  uploads.value = uploads.value.map((each) => (each.key === key ? { ...each, ...change } : each));
};

/** @param {Iterable<File>} chosen */
export function add(chosen) {
  const more = [...chosen].map((file) => ({
    key: ++last, file, sent: 0, total: file.size, began: 0, state: /** @type {const} */ ("waiting"),
  }));
  uploads.value = [...uploads.value, ...more];
  next();
}

/** @param {Upload} upload */
export function cancel(upload) {
  if (upload.state === "waiting") put(upload.key, { state: "cancelled" });
  upload.stop?.();
}

export const clear = () => {
  uploads.value = uploads.value.filter((each) => ["waiting", "sending", "checking"].includes(each.state));
};

/** One after the other, so that the first is there soonest. */
function next() {
  if (uploads.value.some((each) => ["sending", "checking"].includes(each.state))) return;
  const upload = uploads.value.find((each) => each.state === "waiting");
  if (upload) send(upload);
}

/** The name that the service takes: tables of other names are CSV, too, if their bytes are. @param {string} name */
const named = (name) => (/\.(tsv|tab|txt|psv|dat)$/i.test(name) ? `${name}.csv` : name);

/** @param {Upload} upload */
function send(upload) {
  const request = new XMLHttpRequest(); // fetch does not say how much is sent
  request.open("POST", at(`/api/v1/files?name=${encodeURIComponent(named(upload.file.name))}`));
  request.setRequestHeader("Content-Type", "application/octet-stream"); // what it is, its bytes say
  if (session.value?.csrf_token) request.setRequestHeader("X-CSRF-Token", session.value.csrf_token);
  request.upload.onprogress = (event) =>
    put(upload.key, { sent: event.loaded, total: event.total, state: event.loaded < event.total ? "sending" : "checking" });
  /** @param {Partial<Upload>} change */
  const end = (change) => {
    put(upload.key, { ...change, stop: undefined });
    next();
  };
  request.onload = () => {
    const body = JSON.parse(request.responseText || "null");
    if (request.status === 201) {
      say(t("uploaded", { name: upload.file.name }));
      end({ state: "done", id: body.id });
    } else end({ state: "refused", error: new Refusal(request.status, body) });
  };
  request.onerror = () => end({ state: "refused", error: new Refusal(0, null) });
  request.onabort = () => end({ state: "cancelled" });
  put(upload.key, { state: "sending", began: Date.now(), stop: () => request.abort() });
  request.send(upload.file);
}

/** The sample of this package, as a file that was chosen. */
export async function sample() {
  const there = (await files({ limit: 100 })).items.find((each) => each.name === "sample.csv" && each.kind === "upload");
  if (there) return there.id;
  const bytes = await (await fetch(`${place.files}sample.csv`)).blob();
  const answer = await fetch(at("/api/v1/files?name=sample.csv"), {
    method: "POST", body: bytes,
    headers: { "Content-Type": "text/csv", "X-CSRF-Token": session.value?.csrf_token ?? "" },
  });
  const body = await answer.json();
  if (!answer.ok) throw new Refusal(answer.status, body);
  return /** @type {number} */ (body.id);
}
