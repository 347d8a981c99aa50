import { ServiceError } from "./errors.js";
import type { components } from "./openapi.js";
import { AT, idempotencyKey, pauses, sleep, type Transport } from "./transport.js";

type FileData = components["schemas"]["File"];
type Upload = components["schemas"]["Upload"];

/** Bytes from which on a file goes in parts. */
export const ABOVE = 8 << 20;
const PART = 32 << 20; // bytes of a part; what came of one that is cut off stays
const TUS = { "Tus-Resumable": "1.0.0" };
const ELSEWHERE = new Set([409, 423, 429, 460, 502, 503, 504]); // the upload may have gone on: ask for its state

/** Base64 of the UTF-8 of a text. */
function encoded(text: string): string {
  return btoa(Array.from(new TextEncoder().encode(text), (byte) => String.fromCharCode(byte)).join(""));
}

/** The upload as the service has it, once no file is being made of it. Rejects with its refusal. */
async function stateOf(transport: Transport, path: string): Promise<Upload> {
  for (;;) {
    const state = await transport.json<Upload>("GET", path);
    if (state.error) throw ServiceError.of(state.error.code.includes("too_") ? 413 : 422, state.error);
    if (state.status !== "joining") return state;
    await sleep(1);
  }
}

/** Send a file in parts (tus 1.0.0); what has arrived stays, and a lost connection is made again and goes on there. */
export async function uploadInParts(transport: Transport, file: Blob, name: string): Promise<FileData> {
  const length = { "Upload-Length": String(file.size), "Upload-Metadata": `filename ${encoded(name)}` };
  const begun = await transport.json<Upload>("POST", `${AT}/uploads`, {
    headers: { ...TUS, ...length, ...idempotencyKey() },
  });
  const path = `${AT}/uploads/${begun.id}`;
  let offset = 0;
  let waits = pauses(transport.retries);
  for (;;) {
    const before = offset;
    let state: Upload | undefined;
    try {
      const headers = { ...TUS, "Upload-Offset": String(offset), "Content-Type": "application/offset+octet-stream" };
      const body = file.slice(offset, offset + PART);
      offset = Number((await transport.once("PATCH", path, { body, headers })).headers.get("Upload-Offset"));
      if (offset === file.size) state = await stateOf(transport, path);
    } catch (error) {
      if (error instanceof ServiceError && !ELSEWHERE.has(error.status)) throw error;
      const pause = transport.nextPause(waits, `PATCH ${path}`, error instanceof ServiceError ? error.detail : error);
      await sleep(error instanceof ServiceError ? (error.retryAfter ?? pause) : pause);
      state = await stateOf(transport, path);
    }
    if (state?.file) return transport.json<FileData>("GET", `${AT}/files/${state.file}`);
    offset = state?.offset ?? offset;
    if (offset > before) waits = pauses(transport.retries); // as long as some bytes go, it goes on
  }
}
