// The queue of uploads: it goes on while other screens are shown.
import { Refusal, at, files } from "../api.js";
import { signal } from "../lib.js";
import { place, say, session, t } from "../state.js";
import { ABOVE, discard, sendInParts } from "./inparts.js";

/**
 * `first` is what had arrived when it was `began`; `stop` what ends the requests under way.
 * @typedef {{key: number, file: File, sent: number, first: number, total: number, began: number, state: "waiting"|"sending"|"offline"|"paused"|"checking"|"done"|"refused"|"cancelled", id?: number, error?: unknown, stop?: () => void}} Upload
 */

export const busy = ["sending", "offline", "checking"];
/** Whether there is more to come of it. @param {Upload} upload */
export const unfinished = (upload) => ["waiting", "paused", ...busy].includes(upload.state);
/** Whether it can be paused: what goes in parts. @param {Upload} upload */
export const pausable = (upload) => upload.file.size > ABOVE;

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
    key: ++last, file, sent: 0, first: 0, total: file.size, began: 0, state: /** @type {const} */ ("waiting"),
  }));
  uploads.value = [...uploads.value, ...more];
  next();
}

/** @param {Upload} upload */
export function cancel(upload) {
  put(upload.key, { state: "cancelled" });
  upload.stop?.();
  if (pausable(upload)) discard(upload.file);
}

/** @param {Upload} upload */
export function pause(upload) {
  put(upload.key, { state: "paused" });
  upload.stop?.();
}

/** @param {Upload} upload */
export function resume(upload) {
  put(upload.key, { state: "waiting" });
  next();
}

export const clear = () => {
  uploads.value = uploads.value.filter(unfinished);
};

/** One after the other, so that the first is there soonest. */
function next() {
  if (uploads.value.some((each) => each.stop)) return;
  const upload = uploads.value.find((each) => each.state === "waiting");
  if (upload) send(upload);
}

/** The name that the service takes: tables of other names are CSV, too, if their bytes are. @param {string} name */
const named = (name) => (/\.(tsv|tab|txt|psv|dat)$/i.test(name) ? `${name}.csv` : name);

/** @param {Upload} upload */
function send(upload) {
  const stop = new AbortController();
  put(upload.key, { state: "sending", began: 0, stop: () => stop.abort() });
  const way = pausable(upload) ? sendInParts : sendWhole;
  /** @param {import("./inparts.js").Progress} progress */
  const told = ({ sent, state }) => {
    const now = uploads.value.find((each) => each.key === upload.key);
    if (state === "offline" && now?.state !== "offline") say(t("upload_offline"));
    const from = now?.began ? {} : { began: Date.now(), first: sent };
    if (!stop.signal.aborted) put(upload.key, { sent, state, ...from });
  };
  /** @param {Partial<Upload>} change */
  const end = (change) => {
    put(upload.key, { ...change, stop: undefined });
    next();
  };
  way(upload.file, named(upload.file.name), stop.signal, told).then(
    (id) => {
      say(t("uploaded", { name: upload.file.name }));
      end({ state: "done", id });
    },
    (error) => end(stop.signal.aborted ? {} : { state: "refused", error }),
  );
}

/**
 * In one request. @param {File} file @param {string} name @param {AbortSignal} signal
 * @param {import("./inparts.js").Told} told @returns {Promise<number>}
 */
function sendWhole(file, name, signal, told) {
  const request = new XMLHttpRequest(); // fetch does not say how much is sent
  request.open("POST", at(`/api/v1/files?name=${encodeURIComponent(name)}`));
  request.setRequestHeader("Content-Type", "application/octet-stream"); // what it is, its bytes say
  if (session.value?.csrf_token) request.setRequestHeader("X-CSRF-Token", session.value.csrf_token);
  request.upload.onprogress = ({ loaded, total }) => told({ sent: loaded, state: loaded < total ? "sending" : "checking" });
  return new Promise((resolve, reject) => {
    request.onload = () => {
      const body = JSON.parse(request.responseText || "null");
      if (request.status === 201) resolve(body.id);
      else reject(new Refusal(request.status, body));
    };
    request.onerror = request.onabort = () => reject(new Refusal(0, null));
    signal.addEventListener("abort", () => request.abort());
    request.send(file);
  });
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
