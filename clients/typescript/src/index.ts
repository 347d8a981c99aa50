import type { components } from "./openapi.js";
import { StoredFile, Task, type FileData, type TaskData } from "./things.js";
import { AT, idempotencyKey, Transport, type Options } from "./transport.js";

export * from "./errors.js";
export type { TaskEvent } from "./events.js";
export type { components, operations, paths } from "./openapi.js";
export { StoredFile, Task, type Dropped, type FileData, type Receipt, type Row, type TaskData } from "./things.js";
export type { Options } from "./transport.js";

/** One operation with its parameters, as docs/operations.md has them. */
export type Step = components["schemas"]["Step"];
/** What `POST /api/v1/tasks` takes besides input and steps. */
export type RunOptions = Partial<Omit<components["schemas"]["Submission"], "input" | "steps">>;
type Preview = components["schemas"]["Preview"];
type Operation = components["schemas"]["Operation"];

/**
 * A csvapi service, by its address and an API key or an access token.
 *
 * Requests that a lost connection or a busy service interrupted are sent again; what creates something carries an
 * Idempotency-Key, so that it is created once. Every error is a `CsvapiError`.
 */
export class Client {
  private readonly transport: Transport;

  constructor(url: string, options: Options = {}) {
    this.transport = new Transport(url, options);
  }

  /** A client of an account, for an hour: the access token that its password gives. Keys last longer. */
  static async login(url: string, email: string, password: string, options: Options = {}): Promise<Client> {
    const tokens = await new Transport(url, options).post<{ access_token: string }>("/api/login/", { email, password });
    return new Client(url, { ...options, token: tokens.access_token });
  }

  /** One request, for what no method is there for. */
  request(method: string, path: string, init?: RequestInit): Promise<Response> {
    return this.transport.request(method, path, init);
  }

  /** Store a file: a Blob (a File of a form, `openAsBlob(path)` of Node.js), bytes or text. */
  async upload(content: Blob | Uint8Array<ArrayBuffer> | string, name?: string): Promise<StoredFile> {
    const body = content instanceof Blob ? content : new Blob([content]);
    const called = name ?? (content instanceof File ? content.name : "upload.csv");
    const headers = { "Content-Type": "text/csv", ...idempotencyKey() };
    const path = `${AT}/files?${new URLSearchParams({ name: called })}`;
    return new StoredFile(this.transport, await this.transport.json<FileData>("POST", path, { body, headers }));
  }

  /** Start a task over a file. Rejects with InvalidInput for wrong steps or unknown columns, before anything runs. */
  async run(file: StoredFile | number, steps: Step[], options: RunOptions = {}): Promise<Task> {
    const body = { input: typeof file === "number" ? file : file.id, steps, ...options };
    return new Task(this.transport, await this.transport.post<TaskData>(`${AT}/tasks`, body, idempotencyKey()));
  }

  /** Try steps on the first records of a file, or on those from a record on; nothing is stored. */
  preview(file: StoredFile | number, steps: Step[], sampleRows?: number, fromRow?: number): Promise<Preview> {
    const body = { input: typeof file === "number" ? file : file.id, steps, sample_rows: sampleRows, from_row: fromRow };
    return this.transport.post<Preview>(`${AT}/previews`, body);
  }

  async file(id: number): Promise<StoredFile> {
    return new StoredFile(this.transport, await this.transport.json<FileData>("GET", `${AT}/files/${id}`));
  }

  async task(id: string): Promise<Task> {
    return new Task(this.transport, await this.transport.json<TaskData>("GET", `${AT}/tasks/${id}`));
  }

  /** All files, the newest first. */
  async *files(filters: Record<string, string> = {}): AsyncGenerator<StoredFile> {
    for await (const page of this.transport.pages<{ items: FileData[]; next: string | null }>(`${AT}/files`, filters)) {
      for (const item of page.items) yield new StoredFile(this.transport, item);
    }
  }

  /** All tasks, the newest first. */
  async *tasks(filters: Record<string, string> = {}): AsyncGenerator<Task> {
    for await (const page of this.transport.pages<{ items: TaskData[]; next: string | null }>(`${AT}/tasks`, filters)) {
      for (const item of page.items) yield new Task(this.transport, item);
    }
  }

  /** The catalogue: what each operation does, the JSON Schema of its parameters, an example. */
  async operations(): Promise<Operation[]> {
    return (await this.transport.json<{ items: Operation[] }>("GET", `${AT}/operations`)).items;
  }
}
