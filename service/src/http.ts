/** What both HTTP APIs have in common: request ids, bodies, problem documents, request metrics. */
import { CodedError, parseOrThrow } from '@crossfade/shared/errors';
import express, {
  type ErrorRequestHandler,
  type Express,
  type NextFunction,
  type Request,
  type RequestHandler,
  type Response,
} from 'express';
import helmet, { type HelmetOptions } from 'helmet';
import { Histogram, type Registry } from 'prom-client';
import type { z } from 'zod';
import { beyondBounds, type JsonBounds } from './json-bounds.ts';
import type { Log } from './log.ts';
import { problemHeaders, problemOf, requestIdFrom } from './problems.ts';
import { startRequestSpan, traceIdOf, type RequestSpan } from './tracing.ts';

export interface HttpOptions {
  log: Log;
  registry: Registry;
  /** Largest body accepted, bytes. */
  bodyLimitBytes: number;
  helmet?: HelmetOptions;
}

/** More than any request has. */
const JSON_BOUNDS: JsonBounds = { depth: 32, elements: 256 };

/** The id of this request: the caller's if it is sane, else a new one. */
export function requestIdOf(response: Response): string {
  return response.locals['requestId'] as string;
}

/**
 * An Express application with everything before the routes. Add the routes, then call `finishHttp`.
 */
export function createHttp(options: HttpOptions): Express {
  const app = express();
  app.disable('x-powered-by');
  app.set('query parser', 'simple');
  // Answers are not for caches; a hash of each one would be for nothing.
  app.disable('etag');
  app.use(
    requestId,
    traced,
    measured(options.registry),
    helmet(options.helmet),
    // Not `strict`: `null` is JSON, if not what a schema wants.
    express.json({ limit: options.bodyLimitBytes, verify: checkBounds, strict: false }),
  );
  return app;
}

/**
 * The body, checked; none at all counts as an empty object.
 * @throws CodedError `validation-failed`, `unsupported-media-type` if it is not JSON
 */
export function bodyOf<S extends z.ZodType>(schema: S, request: Request): z.infer<S> {
  // `null` is JSON, and no object.
  const body: unknown = request.body;
  if (body === undefined && carriesBody(request)) throw new CodedError('unsupported-media-type');
  return parseOrThrow(schema, body === undefined ? {} : body);
}

/** Whether there is a body that the JSON parser left alone. */
function carriesBody(request: Request): boolean {
  return request.get('transfer-encoding') !== undefined || Number(request.get('content-length') ?? 0) > 0;
}

/** Called by body-parser between reading and parsing; what it throws reaches `toCodedError` with its `type`. */
function checkBounds(_request: unknown, _response: unknown, body: Buffer, charset: string): void {
  if (charset.toLowerCase() !== 'utf-8') throw refusedBody('charset.unsupported');
  const beyond = beyondBounds(body, JSON_BOUNDS);
  if (beyond !== undefined) throw refusedBody(`json.${beyond}`);
}

function refusedBody(type: string): Error {
  return Object.assign(new Error(type), { type });
}

/** What of a body is too much, by the type of the error. */
const TOO_LARGE: Readonly<Record<string, string | undefined>> = {
  'entity.too.large': undefined,
  'json.depth': `The body is nested more than ${String(JSON_BOUNDS.depth)} deep.`,
  'json.elements': `The body has a list of more than ${String(JSON_BOUNDS.elements)} elements.`,
};

/** Adds what comes after the routes: `404` and the answer to every error. */
export function finishHttp(app: Express, options: Pick<HttpOptions, 'log'>): void {
  app.use(() => {
    throw new CodedError('route-not-found');
  });
  app.use(problems(options.log));
}

/**
 * A route handler that may be asynchronous, and that names its template for metrics and traces: after an error Express
 * has forgotten it.
 */
export function route(
  template: string,
  handle: (request: Request, response: Response, next: NextFunction) => unknown,
): RequestHandler {
  return async (request, response, next) => {
    response.locals['route'] = template;
    const work = () => handle(request, response, next);
    const span = response.locals['span'] as RequestSpan | undefined;
    await (span ? span.handle(template, work) : work());
  };
}

const requestId: RequestHandler = (request, response, next) => {
  const id = requestIdFrom(request.get('x-request-id'));
  response.locals['requestId'] = id;
  response.setHeader('X-Request-Id', id);
  next();
};

const traced: RequestHandler = (request, response, next) => {
  const span = startRequestSpan(request.method, request.headers);
  if (span) {
    response.locals['span'] = span;
    response.once('close', () => {
      span.end(response.statusCode);
    });
  }
  next();
};

function measured(registry: Registry): RequestHandler {
  const duration = new Histogram({
    name: 'crossfade_http_request_duration_seconds',
    help: 'Time from the request to the end of its answer.',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
    registers: [registry],
  });
  return (request, response, next) => {
    const end = duration.startTimer();
    response.once('close', () => {
      const template = response.locals['route'] as string | undefined;
      end({ method: request.method, route: template ?? 'unmatched', status: response.statusCode });
    });
    next();
  };
}

/** What body-parser and Express throw has a `status` and, from body-parser, a `type`. */
function toCodedError(error: unknown): CodedError {
  if (error instanceof CodedError) return error;
  // A path with a broken escape, like /%E0%A4%A, is nobody's.
  if (error instanceof URIError) return new CodedError('route-not-found', undefined, { cause: error });
  const { status, type } = (error ?? {}) as { status?: number; type?: string };
  if (type !== undefined && Object.hasOwn(TOO_LARGE, type)) {
    return new CodedError('payload-too-large', TOO_LARGE[type], { cause: error });
  }
  if (status === 415 || type === 'charset.unsupported')
    return new CodedError('unsupported-media-type', undefined, { cause: error });
  if (status !== undefined && status >= 400 && status < 500) {
    return new CodedError('malformed-json', undefined, { cause: error });
  }
  return new CodedError('internal', undefined, { cause: error });
}

function problems(log: Log): ErrorRequestHandler {
  return (thrown: unknown, request, response, next) => {
    if (response.headersSent) {
      next(thrown);
      return;
    }
    const error = toCodedError(thrown);
    const id = requestIdOf(response);
    if (error.code === 'internal') {
      log.error('request failed', {
        requestId: id,
        traceId: traceIdOf(request.headers),
        method: request.method,
        path: request.path,
        error: error.cause,
      });
    }
    response
      .status(error.status)
      .set(problemHeaders(error))
      .send(JSON.stringify(problemOf(error, id)));
  };
}
