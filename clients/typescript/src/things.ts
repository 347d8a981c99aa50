import { TaskFailed, WaitedTooLong } from "./errors.js";
import { parsed, type TaskEvent } from "./events.js";
import type { components } from "./openapi.js";
import { AT, pauses, sleep, type Transport } from "./transport.js";

export type FileData = components["schemas"]["File"];
export type TaskData = components["schemas"]["Task"];
export type Receipt = components["schemas"]["Receipt"];
type RowPage = components["schemas"]["RowPage"];
type IssuePage = components["schemas"]["IssuePage"];

const ENDED = new Set(["succeeded", "failed", "cancelled"]);

/** A record: its number (from 1), its line (from 1), its byte (from 0), its cells as text, null where absent. */
export interface Row {
  row: number;
  line: number;
  byte: number;
  values: (string | null)[];
  columns: string[];
}

/** Why a record went: the step that dropped it (from 1; 0 is `on_ragged`), and the record that it repeats. */
export interface Dropped {
  row: number;
  line: number;
  byte: number;
  step: number;
  operation: string;
  reason: string;
  kept_row: number | null;
}

async function* rows(transport: Transport, path: string, limit: number, fromRow?: number): AsyncGenerator<Row> {
  const query = { limit: String(limit) };
  const first: Record<string, string> = fromRow === undefined ? {} : { from_row: String(fromRow) };
  for await (const page of transport.pages<RowPage>(path, query, first)) {
    for (const item of page.items) yield { ...item, columns: page.columns };
  }
}

async function whole(pieces: AsyncIterable<Uint8Array>): Promise<Blob> {
  const found: BlobPart[] = [];
  for await (const piece of pieces) found.push(piece as Uint8Array<ArrayBuffer>);
  return new Blob(found);
}

/** A stored CSV file; `data` is what the service knows of it. */
export class StoredFile {
  private readonly path: string;

  constructor(
    private readonly transport: Transport,
    readonly data: FileData,
  ) {
    this.path = `${AT}/files/${data.id}`;
  }

  get id(): number {
    return this.data.id;
  }

  /** Its records in order, from a number on, `limit` of them a request. */
  rows(limit = 1000, fromRow?: number): AsyncGenerator<Row> {
    return rows(this.transport, `${this.path}/rows`, limit, fromRow);
  }

  /** What is wrong with single records: ragged, undecodable, NULs, odd quotes. */
  async *issues(): AsyncGenerator<IssuePage["items"][number]> {
    for await (const page of this.transport.pages<IssuePage>(`${this.path}/issues`, {})) yield* page.items;
  }

  /** Its bytes as they come; a lost connection is made again, and goes on where it broke. */
  bytes(signal?: AbortSignal): AsyncGenerator<Uint8Array> {
    return this.transport.bytes(`${this.path}/content`, signal);
  }

  /** All of its bytes. */
  blob(): Promise<Blob> {
    return whole(this.bytes());
  }

  /** Change its name, how it is read, or how long it is kept; the bytes stay. */
  async update(changes: components["schemas"]["FileChange"]): Promise<StoredFile> {
    const init = { body: JSON.stringify(changes), headers: { "Content-Type": "application/json" } };
    return new StoredFile(this.transport, await this.transport.json<FileData>("PATCH", this.path, init));
  }

  /** Delete it. Rejects with Conflict while a task that has not ended reads it. */
  async delete(): Promise<void> {
    await this.transport.request("DELETE", this.path);
  }
}

/** A pipeline over a file; `data` is what the service knew of it when it was last asked. */
export class Task {
  private readonly path: string;

  constructor(
    private readonly transport: Transport,
    public data: TaskData,
  ) {
    this.path = `${AT}/tasks/${data.id}`;
  }

  get id(): string {
    return this.data.id;
  }

  get status(): TaskData["status"] {
    return this.data.status;
  }

  /** Ask the service how it goes. */
  async refresh(): Promise<this> {
    this.data = await this.transport.json<TaskData>("GET", this.path);
    return this;
  }

  /** Wait until it has ended. Rejects with TaskFailed, and with WaitedTooLong after `seconds`. */
  async wait(seconds?: number): Promise<this> {
    const signal = seconds === undefined ? undefined : AbortSignal.timeout(seconds * 1000);
    try {
      while (!ENDED.has(this.status)) {
        for await (const event of this.events(signal)) void event;
        await this.refresh();
      }
    } catch (error) {
      if (!signal?.aborted) throw error;
      throw new WaitedTooLong(`Task ${this.id} is ${this.status} after ${seconds} s; it goes on`);
    }
    if (this.status !== "succeeded") throw new TaskFailed(this.data);
    return this;
  }

  /** Its states and its progress as they come, until it has ended; a lost connection goes on after the last event. */
  async *events(signal?: AbortSignal): AsyncGenerator<TaskEvent> {
    let last = "";
    let waits = pauses(this.transport.retries);
    for (;;) {
      const headers: Record<string, string> = last ? { "Last-Event-ID": last } : {};
      const answer = await this.transport.request("GET", `${this.path}/events`, { headers, signal: signal ?? null });
      if (answer.status === 204) return;
      try {
        for await (const event of parsed(answer.body ?? (async function* () {})())) {
          last = event.id;
          waits = pauses(this.transport.retries);
          yield event;
          if (event.event === "state" && ENDED.has(String(event.data["status"]))) return;
        }
      } catch (error) {
        await sleep(this.transport.nextPause(waits, `GET ${this.path}/events`, error, signal), signal);
      }
    }
  }

  /** Stop it. Rejects with Conflict where it has ended. */
  async cancel(): Promise<this> {
    this.data = await this.transport.json<TaskData>("POST", `${this.path}/cancel`);
    return this;
  }

  /** The records of its result. */
  rows(limit = 1000, fromRow?: number): AsyncGenerator<Row> {
    return rows(this.transport, `${this.path}/result/rows`, limit, fromRow);
  }

  /** The bytes of its result as they come; a lost connection is made again, and goes on where it broke. */
  bytes(signal?: AbortSignal): AsyncGenerator<Uint8Array> {
    return this.transport.bytes(`${this.path}/result`, signal);
  }

  /** All bytes of its result. */
  blob(): Promise<Blob> {
    return whole(this.bytes());
  }

  /** Why each record went that is not in the result. */
  async *dropped(): AsyncGenerator<Dropped> {
    const headers = { Accept: "application/x-ndjson" };
    const answer = await this.transport.request("GET", `${this.path}/dropped`, { headers });
    let text = "";
    const decoder = new TextDecoder();
    for await (const piece of answer.body ?? []) {
      text += decoder.decode(piece, { stream: true });
      const lines = text.split("\n");
      text = lines.pop() ?? "";
      for (const line of lines) yield JSON.parse(line) as Dropped;
    }
  }

  /** What was done: SHA-256 of input and output, steps, dialect, counts, warnings. */
  receipt(): Promise<Receipt> {
    return this.transport.json<Receipt>("GET", `${this.path}/receipt`);
  }

  /** The file that it made, which can be the input of the next task. */
  async result(): Promise<StoredFile> {
    if (this.data.result === null) await this.wait();
    return new StoredFile(this.transport, await this.transport.json<FileData>("GET", `${AT}/files/${this.data.result}`));
  }

  /** Delete it; its result stays. */
  async delete(): Promise<void> {
    await this.transport.request("DELETE", this.path);
  }
}
