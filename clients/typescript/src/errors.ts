/** The root of all errors of this package. */
export class CsvapiError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** One complaint about a request: a JSON pointer into it, and a sentence. */
export interface Complaint {
  pointer?: string;
  code?: string;
  detail: string;
}

/** The service refused a request. `code` is stable: `GET /api/v1/errors` lists all of them. */
export class ServiceError extends CsvapiError {
  readonly code: string;
  readonly detail: string;
  readonly errors: Complaint[];
  readonly requestId: string | undefined;

  constructor(
    readonly status: number,
    problem: Record<string, unknown>,
    /** Seconds after which it is worth another try, where the service says so. */
    readonly retryAfter?: number,
  ) {
    const detail = String(problem["detail"] ?? problem["error"] ?? `HTTP status ${status}`);
    super(problem["code"] ? `${detail} (${status} ${problem["code"]})` : detail);
    this.code = String(problem["code"] ?? "");
    this.detail = detail;
    this.errors = (problem["errors"] as Complaint[] | undefined) ?? [];
    this.requestId = problem["request_id"] as string | undefined;
  }

  /** The error for a refusal with this status. */
  static of(status: number, problem: Record<string, unknown>, retryAfter?: number): ServiceError {
    const given = retryAfter === undefined ? [] : ([retryAfter] as const);
    return new (BY_STATUS[status] ?? ServiceError)(status, problem, ...given);
  }
}

/** 400, 415, 422: the request or the file is not right; `errors` says where. */
export class InvalidInput extends ServiceError {}
/** 401: no key, a wrong one, or one that ended. */
export class NotAuthenticated extends ServiceError {}
/** 403: the key may not do this. */
export class Forbidden extends ServiceError {}
/** 404: there is no such thing, or it is somebody else's. */
export class NotFound extends ServiceError {}
/** 409: it cannot be done in this state. */
export class Conflict extends ServiceError {}
/** 410: it was deleted when its time was over. */
export class Expired extends ServiceError {}
/** 413: beyond a limit, which the detail names. */
export class TooLarge extends ServiceError {}
/** 429: beyond a rate or a quota. */
export class TooManyRequests extends ServiceError {}
/** 503: the service, its database, queue or storage cannot be reached now. */
export class Unavailable extends ServiceError {}

/** A task failed or was cancelled; `task` is all that is known of it. */
export class TaskFailed extends CsvapiError {
  constructor(readonly task: { id: string; status: string; error: { code: string; detail: string } | null }) {
    super(`Task ${task.id}: ${task.error ? `${task.error.detail} (${task.error.code})` : `it was ${task.status}`}`);
  }
}

/** The task has not ended within the time that was given; it goes on. */
export class WaitedTooLong extends CsvapiError {}
/** No answer came, however often the request was sent. */
export class ConnectionLost extends CsvapiError {}

const BY_STATUS: Record<number, typeof ServiceError> = {
  400: InvalidInput,
  401: NotAuthenticated,
  403: Forbidden,
  404: NotFound,
  409: Conflict,
  410: Expired,
  413: TooLarge,
  415: InvalidInput,
  422: InvalidInput,
  429: TooManyRequests,
  503: Unavailable,
};

/** The error for an answer that is no success. */
export async function refusal(answer: Response): Promise<ServiceError> {
  const problem: unknown = await answer.json().catch(() => ({}));
  const seconds = Number(answer.headers.get("Retry-After") ?? NaN);
  const known = typeof problem === "object" && problem !== null ? (problem as Record<string, unknown>) : {};
  return ServiceError.of(answer.status, known, Number.isFinite(seconds) ? seconds : undefined);
}
