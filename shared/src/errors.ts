/** The one catalogue of errors: every code has one status, whether a retry can help, and a text that is safe to show. */
import { z } from 'zod';

interface CatalogueEntry {
  /** HTTP status of the answer. */
  readonly status: number;
  /** Whether the same request may succeed later. */
  readonly retryable: boolean;
  /** A sentence without internals; the `title` of the problem document. */
  readonly title: string;
}

export const ERROR_CATALOGUE = {
  'malformed-request': { status: 400, retryable: false, title: 'This is not an HTTP request.' },
  'malformed-json': { status: 400, retryable: false, title: 'The body is not valid JSON.' },
  unauthenticated: { status: 401, retryable: false, title: 'A valid token is needed.' },
  forbidden: { status: 403, retryable: false, title: 'This token does not allow that.' },
  'route-not-found': { status: 404, retryable: false, title: 'There is nothing at this address.' },
  'call-not-found': { status: 404, retryable: false, title: 'There is no such call.' },
  'room-not-found': { status: 404, retryable: false, title: 'There is no such room.' },
  'participant-not-found': { status: 404, retryable: false, title: 'There is no such participant here.' },
  'transport-not-found': { status: 404, retryable: false, title: 'There is no such transport here.' },
  'producer-not-found': { status: 404, retryable: false, title: 'There is no such producer here.' },
  'consumer-not-found': { status: 404, retryable: false, title: 'There is no such consumer here.' },
  'data-producer-not-found': { status: 404, retryable: false, title: 'There is no such data producer here.' },
  'data-consumer-not-found': { status: 404, retryable: false, title: 'There is no such data consumer here.' },
  'request-timeout': { status: 408, retryable: true, title: 'The request did not arrive in time.' },
  'not-joined': { status: 409, retryable: false, title: 'Join the call first.' },
  'stale-epoch': {
    status: 409,
    retryable: false,
    title: 'The call has moved on; this request is out of date.',
  },
  'stale-fence': {
    status: 409,
    retryable: false,
    title: "The floor is somebody else's by now; this request is out of date.",
  },
  'transition-over': { status: 409, retryable: false, title: 'That mode switch is over.' },
  'wrong-mode': { status: 409, retryable: true, title: 'The call has no media server at the moment.' },
  'transport-already-connected': {
    status: 409,
    retryable: false,
    title: 'The transport is already connected.',
  },
  'wrong-transport-direction': {
    status: 409,
    retryable: false,
    title: 'The transport is for the other direction.',
  },
  'room-full': { status: 409, retryable: false, title: 'The room is full.' },
  'call-full': { status: 409, retryable: true, title: 'The call is full.' },
  'call-locked': { status: 409, retryable: true, title: 'The call is locked: nobody new can join.' },
  'blocked-by-moderator': {
    status: 403,
    retryable: false,
    title: 'A moderator does not let this participant send that.',
  },
  'no-floor': {
    status: 409,
    retryable: false,
    title: 'This call is not one of push-to-talk: everyone may speak.',
  },
  'not-floor-holder': { status: 409, retryable: true, title: 'Ask for the floor first.' },
  'removed-from-call': {
    status: 403,
    retryable: false,
    title: 'A moderator has removed this user from the call.',
  },
  'call-store-unavailable': {
    status: 503,
    retryable: true,
    title: 'The state of the calls cannot be reached at the moment; calls that run go on.',
  },
  'payload-too-large': { status: 413, retryable: false, title: 'The request is too large.' },
  'unsupported-media-type': { status: 415, retryable: false, title: 'Send JSON in UTF-8.' },
  'expectation-failed': { status: 417, retryable: false, title: 'That expectation is not met here.' },
  'validation-failed': { status: 422, retryable: false, title: 'The request is well-formed but invalid.' },
  'idempotency-key-reused': {
    status: 422,
    retryable: false,
    title: 'This Idempotency-Key belongs to another request.',
  },
  'no-sctp': { status: 409, retryable: false, title: 'The transport was made without data channels.' },
  'room-quarantined': {
    status: 503,
    retryable: true,
    title: 'This room has killed media workers and is not opened again for a while.',
  },
  draining: { status: 503, retryable: true, title: 'This server is about to stop and takes no new rooms.' },
  'incompatible-capabilities': {
    status: 422,
    retryable: false,
    title: 'These RTP capabilities cannot receive that producer.',
  },
  'invalid-media-parameters': { status: 422, retryable: false, title: 'The media parameters were refused.' },
  'rate-limited': { status: 429, retryable: true, title: 'Too many requests.' },
  'quota-exceeded': { status: 429, retryable: true, title: 'The quota is used up.' },
  'headers-too-large': { status: 431, retryable: false, title: 'The headers are too large.' },
  internal: { status: 500, retryable: true, title: 'Something went wrong on our side.' },
  'no-capacity': { status: 503, retryable: true, title: 'There is no capacity at the moment.' },
  'token-keys-unavailable': {
    status: 503,
    retryable: true,
    title: 'The keys that tokens are checked with cannot be fetched at the moment.',
  },
  'media-server-unavailable': { status: 503, retryable: true, title: 'No media server can be reached.' },
  'records-unavailable': { status: 503, retryable: true, title: 'The records cannot be read at the moment.' },
  'shutting-down': { status: 503, retryable: true, title: 'The service is shutting down.' },
  timeout: { status: 503, retryable: true, title: 'The answer took too long.' },
} as const satisfies Record<string, CatalogueEntry>;

export type ErrorCode = keyof typeof ERROR_CATALOGUE;

export const errorCodes = Object.keys(ERROR_CATALOGUE) as [ErrorCode, ...ErrorCode[]];
export const errorCodeSchema = z.enum(errorCodes);

/** One invalid field: where, and what is wrong with it. */
export const fieldErrorSchema = z.object({ path: z.string(), message: z.string() });
export type FieldError = z.infer<typeof fieldErrorSchema>;

/** RFC 9457 problem document, `application/problem+json`. */
export const problemSchema = z.object({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  code: errorCodeSchema,
  detail: z.string(),
  requestId: z.string(),
  retryable: z.boolean(),
  errors: z.array(fieldErrorSchema).optional(),
});
export type Problem = z.infer<typeof problemSchema>;

/** The error of a Socket.IO acknowledgement. */
export const ackErrorSchema = z.object({
  code: errorCodeSchema,
  message: z.string(),
  retryable: z.boolean(),
  errors: z.array(fieldErrorSchema).optional(),
});
export type AckError = z.infer<typeof ackErrorSchema>;

/** The negative acknowledgement of every Socket.IO request. */
export interface AckFailure {
  ok: false;
  error: AckError;
}

/** An error with a code of the catalogue: what every layer throws when a request cannot be fulfilled. */
export class CodedError extends Error {
  override readonly name = 'CodedError';
  readonly code: ErrorCode;
  readonly errors: readonly FieldError[] | undefined;
  /** Seconds until the same request may succeed, where that is known. */
  readonly retryAfterS: number | undefined;

  /**
   * @param code one of the catalogue
   * @param detail what exactly is wrong; reaches the caller, so: no internals and no secrets
   * @param options invalid fields by path; seconds to wait (`Retry-After`); the cause, which only reaches the log
   */
  constructor(
    code: ErrorCode,
    detail?: string,
    options: { errors?: readonly FieldError[]; retryAfterS?: number; cause?: unknown } = {},
  ) {
    super(
      detail ?? ERROR_CATALOGUE[code].title,
      options.cause === undefined ? undefined : { cause: options.cause },
    );
    this.code = code;
    this.errors = options.errors;
    this.retryAfterS = options.retryAfterS;
  }

  get status(): number {
    return ERROR_CATALOGUE[this.code].status;
  }

  get retryable(): boolean {
    return ERROR_CATALOGUE[this.code].retryable;
  }
}

/** The same error as a Socket.IO acknowledgement carries it. */
export function toAckError(error: CodedError): AckError {
  return {
    code: error.code,
    message: error.message,
    retryable: error.retryable,
    ...(error.errors && { errors: [...error.errors] }),
  };
}

const MAX_FIELD_ERRORS = 20;

/**
 * Parses what came from outside.
 * @throws CodedError `validation-failed` with the invalid fields by path (at most 20)
 */
export function parseOrThrow<S extends z.ZodType>(schema: S, input: unknown): z.infer<S> {
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  const errors = result.error.issues.slice(0, MAX_FIELD_ERRORS).map((issue) => ({
    path: issue.path.map(String).join('.').slice(0, 200),
    message: issue.message.slice(0, 200),
  }));
  const first = errors[0];
  throw new CodedError(
    'validation-failed',
    first ? `${first.path === '' ? 'The body' : first.path}: ${first.message}` : undefined,
    { errors },
  );
}
