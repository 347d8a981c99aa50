// The API as functions. Whatever it refuses is thrown as a Refusal, with the words it gave.
import { expired, place, session } from "./state.js";

/**
 * @typedef {{email: string|null, user_id: number|null, is_admin: boolean, has_password: boolean, single_sign_on: boolean, csrf_token: string|null}} Session
 * @typedef {{encoding: string, delimiter: string, quote: string, escape: string, double_quote: boolean, skip_space: boolean, line_end: string, header: boolean, bom: boolean, preamble: number}} Dialect
 * @typedef {{code: string, message?: string, detail?: string, hint?: string, count?: number, row?: number|null, line?: number|null, file?: number|null}} Warning
 * @typedef {{confidence?: number, evidence?: string[], alternatives?: {dialect: Dialect, confidence: number}[], preamble?: {line: number, text: string}[], chosen?: boolean}} Detection
 * @typedef {{id: number, name: string, kind: string, media_type: string, size: number, columns: string[], dialect: Dialect, detection: Detection|null, reading?: {format: string, size: number, sheet: string|null, member: string|null, others: string[]}|null, warnings: Warning[], created_at: string, expires_at: string, truncated?: boolean}} StoredFile
 * @typedef {{row: number, line: number, byte: number, values: (string|null)[], kept?: boolean, step?: number|null, reason?: string|null, kept_row?: number|null}} Row
 * @typedef {{columns: string[], items: Row[], total: number|null, next: string|null}} RowPage
 * @typedef {{op: string, [name: string]: any}} Step
 * @typedef {{name: string, kind: string, summary: string, params: any, example: Step}} Operation
 * @typedef {{in: number, out: number, dropped: number[], ragged: number}} Counts
 * @typedef {{id: string, status: string, label: string|null, input: number|null, steps: Step[]|null, options: any, created_at: string, started_at: string|null, finished_at: string|null, expires_at: string, progress: any, counts: Counts|null, error: {code: string, detail: string}|null, warnings: Warning[], result: number|null, links: Record<string, string>}} Task
 * @typedef {{columns: string[], items: Row[], result: {columns: string[], items: Row[]}, counts: Counts, warnings: Warning[], complete: boolean, estimate: {rows_in: number, rows_out: number, bytes_out: number, exact: boolean, basis: string}}} Preview
 */

/** What the service answered instead of what was asked for. */
export class Refusal extends Error {
  /** @param {number} status @param {any} body */
  constructor(status, body) {
    super(body?.detail ?? body?.error ?? (status ? `HTTP ${status}` : ""));
    this.status = status;
    this.code = body?.code ?? "";
    /** @type {{pointer: string, detail: string}[]} */
    this.errors = body?.errors ?? [];
  }
}

/** @param {string} path */
export const at = (path) => place.api + path.replace(/^\//, "");

/**
 * @param {string} method @param {string} path
 * @param {{json?: any, body?: BodyInit, headers?: Record<string, string>, signal?: AbortSignal, again?: boolean}} [options]
 * @returns {Promise<any>}
 */
export async function call(method, path, options = {}) {
  /** @type {Record<string, string>} */
  const headers = { Accept: "application/json", ...options.headers };
  if (options.json !== undefined) headers["Content-Type"] = "application/json";
  if (session.value?.csrf_token) headers["X-CSRF-Token"] = session.value.csrf_token;
  const body = options.json === undefined ? options.body : JSON.stringify(options.json);
  const answer = await fetch(at(path), { method, headers, body, signal: options.signal, cache: "no-store" });
  if (answer.status === 202 && method === "GET") {
    await pause(Number(answer.headers.get("Retry-After") ?? 1), options.signal); // it is being made
    return call(method, path, options);
  }
  if (answer.ok) return answer.status === 204 ? null : answer.json();
  const refusal = new Refusal(answer.status, await answer.json().catch(() => null));
  if (refusal.code === "csrf_failed" && !options.again) {
    await whoIs(); // another tab may have signed in since
    return call(method, path, { ...options, again: true });
  }
  if (answer.status === 401 && session.value?.email && path !== "/api/v1/session") expired.value = true;
  throw refusal;
}

/** Wait for so many seconds, or until the signal says that nobody waits any more. @param {number} seconds @param {AbortSignal} [signal] */
const pause = (seconds, signal) =>
  new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, 1000 * seconds, null);
    signal?.addEventListener("abort", () => {
      clearTimeout(timer);
      reject(signal.reason);
    });
  });

/** @returns {Promise<Session>} */
export async function whoIs() {
  session.value = await call("GET", "/api/v1/session", { again: true });
  return /** @type {Session} */ (session.value);
}

/** @param {string} email @param {string} password @param {string} otp */
export async function signIn(email, password, otp) {
  session.value = await call("POST", "/api/v1/session", { json: { email, password, ...(otp ? { otp } : {}) } });
  expired.value = false;
}

/** Where the single sign-on begins, and what it goes on to. @param {string} next @param {boolean} [links] */
export const signOnAt = (next, links = false) => at(`/account/sso/start${query({ next, link: links ? 1 : "" })}`);

/** Go on with a session that began in another tab; whether it is the same person's. @param {string|null|undefined} email */
export async function resume(email) {
  const found = await call("GET", "/api/v1/session");
  if (!email || found.email !== email) return false;
  session.value = found;
  expired.value = false;
  return true;
}

/** @param {string} email @param {string} password @param {string} again @param {string} invitation */
export const register = (email, password, again, invitation) =>
  call("POST", "/api/register/", {
    json: { email, password, confirm_password: again, ...(invitation ? { invitation } : {}) },
  });

export async function signOut() {
  const there = session.value?.single_sign_on && place.provider;
  await call("DELETE", "/api/v1/session");
  if (there) location.assign(at("/account/sso/signed-out"));
  session.value = await call("GET", "/api/v1/session");
}

/** @param {Record<string, any>} given */
const query = (given) => {
  const kept = Object.entries(given).filter(([, value]) => value !== undefined && value !== null && value !== "");
  return kept.length ? `?${new URLSearchParams(kept.map(([key, value]) => [key, String(value)]))}` : "";
};

/** Whether its records can be shown. @param {StoredFile} file */
export const readable = (file) => file.media_type === "text/csv" || Boolean(file.reading);

/** @param {Record<string, any>} [by] @returns {Promise<{items: StoredFile[], next: string|null}>} */
export const files = (by = {}) => call("GET", `/api/v1/files${query(by)}`);
/** @param {number} id @returns {Promise<StoredFile>} */
export const file = (id) => call("GET", `/api/v1/files/${id}`);
/** @param {number} id @param {any} change @returns {Promise<StoredFile>} */
export const changeFile = (id, change) => call("PATCH", `/api/v1/files/${id}`, { json: change });
/** @param {number} id @returns {Promise<StoredFile>} */
export const detectAgain = (id) => call("POST", `/api/v1/files/${id}/detect`);
/** @param {number} id */
export const deleteFile = (id) => call("DELETE", `/api/v1/files/${id}`);
/** @param {number} id @param {Record<string, any>} by @param {AbortSignal} [signal] @returns {Promise<RowPage>} */
export const rows = (id, by, signal) => call("GET", `/api/v1/files/${id}/rows${query(by)}`, { signal });
/** Some of the bytes that a file is read from. @param {StoredFile} file @param {number} start @param {number} stop @param {AbortSignal} signal */
export async function content(file, start, stop, signal) {
  const headers = { Range: `bytes=${start}-${stop - 1}` };
  const answer = await fetch(at(`/api/v1/files/${file.id}/content${file.reading ? "?as=csv" : ""}`), { headers, signal });
  if (!answer.ok) throw new Refusal(answer.status, await answer.json().catch(() => null));
  return answer.arrayBuffer();
}
/** @param {number} id @param {Record<string, any>} by @returns {Promise<{items: any[], next: string|null}>} */
export const issues = (id, by) => call("GET", `/api/v1/files/${id}/issues${query(by)}`);

/** @typedef {{id: string, name: string, length: number, offset: number, status: string, file: number|null, error: any}} Upload */
const TUS = { "Tus-Resumable": "1.0.0" };
/** @returns {Promise<{items: Upload[]}>} */
export const openUploads = () => call("GET", "/api/v1/uploads");
/** @param {string} id @returns {Promise<Upload>} */
export const uploadState = (id) => call("GET", `/api/v1/uploads/${id}`);
/** @param {string} name @param {number} length @returns {Promise<Upload>} */
export const beginUpload = (name, length) => {
  const encoded = btoa(String.fromCharCode(...new TextEncoder().encode(name)));
  const headers = { ...TUS, "Upload-Length": String(length), "Upload-Metadata": `filename ${encoded}` };
  return call("POST", "/api/v1/uploads", { headers });
};
/** @param {string} id */
export const deleteUpload = (id) => call("DELETE", `/api/v1/uploads/${id}`, { headers: TUS });

/** @returns {Promise<Operation[]>} */
export const operations = async () => (await call("GET", "/api/v1/operations")).items;
/** @param {any} request @param {AbortSignal} signal @returns {Promise<Preview>} */
export const preview = (request, signal) => call("POST", "/api/v1/previews", { json: request, signal });

/** @param {any} request @returns {Promise<Task>} */
export const submit = (request) => call("POST", "/api/v1/tasks", { json: request });
/** The same steps and options over the same file once more. @param {Task} task */
export const runAgain = (task) =>
  submit({ input: task.input, steps: task.steps, ...(task.label ? { label: task.label } : {}), ...task.options });
/** @param {Record<string, any>} [by] @returns {Promise<{items: Task[], next: string|null}>} */
export const tasks = (by = {}) => call("GET", `/api/v1/tasks${query(by)}`);
/** @param {string} id @returns {Promise<Task>} */
export const task = (id) => call("GET", `/api/v1/tasks/${id}`);
/** @param {string} id @returns {Promise<Task>} */
export const cancel = (id) => call("POST", `/api/v1/tasks/${id}/cancel`);
/** @param {string} id */
export const deleteTask = (id) => call("DELETE", `/api/v1/tasks/${id}`);
/** @param {string} id */
export const receipt = (id) => call("GET", `/api/v1/tasks/${id}/receipt`);

/** @typedef {{id: number, name: string, version: number, steps: Step[]|null, created_at: string, updated_at?: string}} Pipeline */
/** @returns {Promise<{items: Pipeline[], next: string|null}>} */
export const pipelines = () => call("GET", "/api/v1/pipelines?limit=200");
/** @param {number} id @returns {Promise<Pipeline>} */
export const pipeline = (id) => call("GET", `/api/v1/pipelines/${id}`);
/** @param {{name: string, steps: Step[]}} given @returns {Promise<Pipeline>} */
export const savePipeline = (given) => call("POST", "/api/v1/pipelines", { json: given });
/** @param {number} id @param {{steps: Step[]}} given */
export const savePipelineVersion = (id, given) => call("POST", `/api/v1/pipelines/${id}/versions`, { json: given });
/** @param {number} id */
export const deletePipeline = (id) => call("DELETE", `/api/v1/pipelines/${id}`);

export const usage = () => call("GET", "/api/v1/me/usage");
export const keys = () => call("GET", "/api/v1/api-keys");
/** @param {any} key */
export const makeKey = (key) => call("POST", "/api/v1/api-keys", { json: key });
/** @param {number} id */
export const deleteKey = (id) => call("DELETE", `/api/v1/api-keys/${id}`);

/** @typedef {{id: number, url: string, events: string[], created_at: string, disabled_at: string|null, disabled_reason: string|null, secret?: string}} Webhook */
/** @typedef {{id: string, event: string, status: string, attempts: {at: string, status: number|null, ms: number, detail?: string}[], next_at: string|null, created_at: string}} Delivery */
/** @returns {Promise<{items: Webhook[]}>} */
export const webhooks = () => call("GET", "/api/v1/webhooks");
/** @param {{url: string, events: string[]}} given @returns {Promise<Webhook>} */
export const makeWebhook = (given) => call("POST", "/api/v1/webhooks", { json: given });
/** @param {number} id */
export const deleteWebhook = (id) => call("DELETE", `/api/v1/webhooks/${id}`);
/** @param {number} id @returns {Promise<Delivery>} */
export const testWebhook = (id) => call("POST", `/api/v1/webhooks/${id}/test`);
/** @param {number} id @param {string|null} cursor @returns {Promise<{items: Delivery[], next: string|null}>} */
export const deliveries = (id, cursor) => call("GET", `/api/v1/webhooks/${id}/deliveries${query({ limit: 50, cursor })}`);
/** @param {number} id @param {string} delivery @returns {Promise<Delivery>} */
export const resendDelivery = (id, delivery) => call("POST", `/api/v1/webhooks/${id}/deliveries/${delivery}/resend`);

export const sessions = () => call("GET", "/api/v1/me/sessions");
/** @param {string} id */
export const endSession = (id) => call("DELETE", `/api/v1/me/sessions/${id}`);
export const endOtherSessions = () => call("DELETE", "/api/v1/me/sessions");
/** @param {any} change */
export const changePassword = (change) => call("POST", "/api/v1/me/password", { json: change });
