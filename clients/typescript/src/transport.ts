import { ConnectionLost, CsvapiError, refusal } from "./errors.js";

export const AT = "/api/v1";
const AGAIN = new Set([429, 502, 503, 504]);
const LONGEST = 60; // seconds between two tries

/** What a client takes besides the address of its service. */
export interface Options {
  /** The secret of `POST /api/v1/api-keys`. */
  apiKey?: string;
  /** An access token, instead of a key. */
  token?: string;
  /** How often a request is sent again that a lost connection, a restart or a rate interrupted; 5 by default. */
  retries?: number;
  /** Another `fetch`. */
  fetch?: typeof fetch;
}

/** Seconds before each further try: twice as long each time, with jitter, so that clients do not come in step. */
export function* pauses(retries: number): Generator<number, undefined> {
  for (let attempt = 0; attempt < retries; attempt++) {
    yield Math.min(0.25 * 2 ** attempt, LONGEST) * (0.5 + Math.random() / 2);
  }
  return undefined;
}

/** Wait for so many seconds, or until the signal aborts. */
export function sleep(seconds: number, signal?: AbortSignal | null): Promise<void> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const timer = setTimeout(resolve, seconds * 1000);
    signal?.addEventListener("abort", () => {
      clearTimeout(timer);
      reject(signal.reason as Error);
    });
  });
}

/** A key that no other request has had. */
export function idempotencyKey(): Record<string, string> {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return { "Idempotency-Key": Array.from(bytes, (each) => each.toString(16).padStart(2, "0")).join("") };
}

/** The way to a service: requests that are sent again where that is worth it. */
export class Transport {
  readonly retries: number;
  private readonly base: string;
  private readonly identity: Record<string, string>;
  private readonly send: typeof fetch;

  constructor(url: string, options: Options) {
    this.base = url.replace(/\/+$/, "");
    this.retries = options.retries ?? 5;
    this.send = options.fetch ?? ((...given) => fetch(...given));
    this.identity = options.apiKey
      ? { "X-API-Key": options.apiKey }
      : options.token
        ? { Authorization: `Bearer ${options.token}` }
        : {};
  }

  /** One request; its answer is a success. Rejects with a ServiceError, ConnectionLost, or what the signal says. */
  async request(method: string, path: string, init: RequestInit = {}): Promise<Response> {
    const headers = { ...this.identity, ...(init.headers as Record<string, string> | undefined) };
    const repeatable = method !== "POST" || "Idempotency-Key" in headers;
    const waits = pauses(repeatable ? this.retries : 0);
    for (;;) {
      let answer: Response;
      try {
        answer = await this.send(this.base + path, { ...init, method, headers });
      } catch (error) {
        const pause = this.nextPause(waits, `${method} ${path}`, error, init.signal);
        await sleep(pause, init.signal);
        continue;
      }
      if (answer.status === 202 && method === "GET" && answer.headers.has("Retry-After")) {
        await sleep(Math.min(Number(answer.headers.get("Retry-After")) || 1, LONGEST), init.signal); // it is being made
        continue;
      }
      if (answer.ok) return answer;
      const worthIt = AGAIN.has(answer.status) || (answer.status === 409 && answer.headers.has("Retry-After"));
      const pause = worthIt ? waits.next().value : undefined;
      const refused = await refusal(answer);
      if (pause === undefined) throw refused;
      await sleep(Math.min(refused.retryAfter ?? pause, LONGEST), init.signal);
    }
  }

  /** One request, sent once. Rejects with a ServiceError, and with what `fetch` says of a lost connection. */
  async once(method: string, path: string, init: RequestInit): Promise<Response> {
    const headers = { ...this.identity, ...(init.headers as Record<string, string> | undefined) };
    const answer = await this.send(this.base + path, { ...init, method, headers });
    if (!answer.ok) throw await refusal(answer);
    return answer;
  }

  /** How long to wait after a connection was lost. Throws ConnectionLost after the last try. */
  nextPause(waits: Generator<number, undefined>, what: string, error: unknown, signal?: AbortSignal | null): number {
    if (signal?.aborted || error instanceof CsvapiError) throw error;
    const pause = waits.next().value;
    if (pause === undefined) throw new ConnectionLost(`${what}: ${String(error)}`, { cause: error });
    return pause;
  }

  async json<T>(method: string, path: string, init: RequestInit = {}): Promise<T> {
    return (await (await this.request(method, path, init)).json()) as T;
  }

  async post<T>(path: string, body: unknown, headers: Record<string, string> = {}): Promise<T> {
    const named = { "Content-Type": "application/json", ...headers };
    return this.json<T>("POST", path, { body: JSON.stringify(body), headers: named });
  }

  /** The pages of a list, each when it is reached. */
  async *pages<T extends { next: string | null }>(
    path: string,
    query: Record<string, string>,
    first: Record<string, string> = {},
  ): AsyncGenerator<T> {
    let cursor = first;
    for (;;) {
      const page = await this.json<T>("GET", `${path}?${new URLSearchParams({ ...query, ...cursor })}`);
      yield page;
      if (page.next === null) return;
      cursor = { cursor: page.next };
    }
  }

  /** The bytes of a download as they come; a connection that is lost is made again, and goes on where it broke. */
  async *bytes(path: string, signal?: AbortSignal): AsyncGenerator<Uint8Array> {
    let have = 0;
    let etag = "";
    let waits = pauses(this.retries);
    for (;;) {
      const headers: Record<string, string> = have ? { Range: `bytes=${have}-`, "If-Range": etag } : {};
      const answer = await this.request("GET", path, { headers, signal: signal ?? null });
      if (have && answer.status !== 206) throw new CsvapiError(`GET ${path}: it changed while it was fetched`);
      etag = (answer.headers.get("ETag") ?? "").replace(/-(gzip|zstd)"$/, '"'); // that of the file's own bytes
      try {
        for await (const piece of answer.body ?? []) {
          have += piece.length;
          waits = pauses(this.retries); // as long as some bytes come, it goes on
          yield piece;
        }
        return;
      } catch (error) {
        await sleep(this.nextPause(waits, `GET ${path}`, error, signal), signal);
      }
    }
  }
}
