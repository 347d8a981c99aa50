// A large file in parts, by the tus protocol: what has arrived stays, and a lost connection, a pause or another visit
// goes on there. The id of an unfinished upload is kept in the browser, under what can be known of its file.
import { Refusal, at, beginUpload, deleteUpload, uploadState, whoIs } from "../api.js";
import { expired, session } from "../state.js";

export const ABOVE = 8 * 2 ** 20; // bytes from which on a file goes in parts
const PART = 8 * 2 ** 20;
const STALLED = 60_000; // milliseconds without progress after which a connection counts as lost
const LONGEST = 30_000; // milliseconds between two tries
const SIGN_IN = 24 * 3600_000; // milliseconds that somebody may take to sign in again
const AGAIN = new Set([0, 401, 409, 423, 429, 460, 500, 502, 503, 504]);

/**
 * @typedef {{sent: number, state: "sending"|"checking"|"offline"}} Progress
 * @typedef {(progress: Progress) => void} Told
 */

/** @param {File} file */
const mark = (file) => `csvapi.upload.${session.value?.user_id}.${file.size}.${file.lastModified}.${file.name}`;

/**
 * Send a file, or what is still missing of it; the id of the file that it has become. Rejects with a Refusal, and with
 * the signal's reason.
 * @param {File} file @param {string} name @param {AbortSignal} signal @param {Told} told @returns {Promise<number>}
 */
export async function sendInParts(file, name, signal, told) {
  let tries = 0;
  let sent = 0;
  for (;;) {
    try {
      const upload = await begun(file, name);
      signal.throwIfAborted();
      if (upload.error) throw new Refusal(422, upload.error);
      if (upload.file) return end(file, upload.file);
      if (upload.offset > sent) tries = 0; // as long as some bytes go, it goes on
      sent = upload.offset;
      if (upload.status === "joining") await pause(1000, signal);
      else await part(upload, file, signal, told);
    } catch (error) {
      signal.throwIfAborted();
      const refusal = error instanceof Refusal ? error : new Refusal(0, null);
      if (refusal.code === "csrf_failed" && !tries++) await whoIs().catch(() => null); // another tab has signed in
      else if (refusal.code === "quota_exceeded") throw refusal; // there may be room later, for what is missing
      else if (!AGAIN.has(refusal.status)) {
        forget(file);
        throw refusal;
      } else if (refusal.status === 401) {
        expired.value = true;
        await pause(SIGN_IN, signal, "signed-in-again");
      } else {
        told({ sent, state: "offline" });
        await pause(Math.min(500 * 2 ** tries++, LONGEST), signal, "online");
      }
    }
  }
}

/** The upload of a file: the one that was begun here, or a new one. @param {File} file @param {string} name */
async function begun(file, name) {
  const id = localStorage.getItem(mark(file));
  const there = id ? await uploadState(id).catch((error) => (error.status === 404 ? null : Promise.reject(error))) : null;
  if (there) return there;
  const upload = await beginUpload(name, file.size);
  localStorage.setItem(mark(file), upload.id);
  return upload;
}

/** Whether an upload was begun in this browser. @param {string} id */
export const isOurs = (id) => Object.values({ ...localStorage }).includes(id);

/** @param {File} file */
const forget = (file) => localStorage.removeItem(mark(file));

/** @param {File} file @param {number} id */
function end(file, id) {
  forget(file);
  return id;
}

/** End the upload of a file that nobody wants any more. @param {File} file */
export async function discard(file) {
  const id = localStorage.getItem(mark(file));
  forget(file);
  if (id) await deleteUpload(id).catch(() => null); // else it is forgotten in a day
}

/**
 * Send the next bytes. @param {import("../api.js").Upload} upload @param {File} file @param {AbortSignal} signal
 * @param {Told} told @returns {Promise<void>}
 */
function part({ id, offset }, file, signal, told) {
  const request = new XMLHttpRequest(); // fetch does not say how much is sent
  request.open("PATCH", at(`/api/v1/uploads/${id}`));
  request.setRequestHeader("Tus-Resumable", "1.0.0");
  request.setRequestHeader("Upload-Offset", String(offset));
  request.setRequestHeader("Content-Type", "application/offset+octet-stream");
  if (session.value?.csrf_token) request.setRequestHeader("X-CSRF-Token", session.value.csrf_token);
  const stop = () => request.abort();
  let timer = 0;
  /** @param {number} loaded */
  const alive = (loaded) => {
    clearTimeout(timer);
    timer = setTimeout(stop, STALLED);
    const sent = offset + Math.min(loaded, file.size - offset);
    told({ sent, state: sent < file.size ? "sending" : "checking" });
  };
  request.upload.onprogress = (event) => alive(event.loaded);
  return new Promise((/** @type {(value?: any) => void} */ resolve, reject) => {
    request.onload = () => (request.status === 204 ? resolve() : reject(new Refusal(request.status, parsed(request))));
    request.onerror = request.onabort = () => reject(new Refusal(0, null));
    signal.addEventListener("abort", stop);
    alive(0);
    request.send(file.slice(offset, offset + PART));
  }).finally(() => {
    clearTimeout(timer);
    signal.removeEventListener("abort", stop);
  });
}

/** @param {XMLHttpRequest} request */
function parsed(request) {
  try {
    return JSON.parse(request.responseText);
  } catch {
    return null; // a proxy's page
  }
}

/**
 * Wait so long, or until the event. @param {number} ms @param {AbortSignal} signal @param {string} [event]
 * @returns {Promise<void>}
 */
function pause(ms, signal, event = "") {
  return new Promise((resolve, reject) => {
    const over = () => {
      clearTimeout(timer);
      removeEventListener(event, over);
      signal.removeEventListener("abort", over);
      if (signal.aborted) reject(signal.reason);
      else resolve();
    };
    const timer = setTimeout(over, ms);
    addEventListener(event, over);
    signal.addEventListener("abort", over);
  });
}
