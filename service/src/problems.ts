/**
 * Problem documents (RFC 9457): as Express sends them, and as text for what is refused before there is a request, or
 * where an upgrade to a WebSocket would be.
 */
import { randomUUID } from 'node:crypto';
import { STATUS_CODES, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { CodedError, ERROR_CATALOGUE, type ErrorCode, type Problem } from '@crossfade/shared/errors';

const REQUEST_ID = /^[A-Za-z0-9_.:-]{1,128}$/;

/** Seconds a client is told to wait after `429` and `503` where nothing better is known. */
const RETRY_AFTER_S = 1;

/** The id of a request: the caller's if it is sane, else a new one. */
export function requestIdFrom(given: unknown): string {
  return typeof given === 'string' && REQUEST_ID.test(given) ? given : randomUUID();
}

export function problemOf(error: CodedError, requestId: string): Problem {
  return {
    type: `urn:crossfade:problem:${error.code}`,
    title: ERROR_CATALOGUE[error.code].title,
    status: error.status,
    code: error.code,
    detail: error.message,
    requestId,
    retryable: error.retryable,
    ...(error.errors && { errors: [...error.errors] }),
  };
}

/** The headers of the answer besides the id, by the error: what it is, and what to do about it. */
export function problemHeaders(error: CodedError): Record<string, string> {
  const wait = Math.max(1, Math.ceil(error.retryAfterS ?? RETRY_AFTER_S));
  return {
    'Content-Type': 'application/problem+json; charset=utf-8',
    ...((error.status === 429 || error.status === 503) && { 'Retry-After': String(wait) }),
    ...(error.status === 401 && { 'WWW-Authenticate': 'Bearer' }),
  };
}

/**
 * Answers with a problem over a socket, and closes it: who does not close its own end must not keep it.
 * @param request absent: it could not be read
 */
export function refuse(socket: Duplex, error: CodedError, request?: IncomingMessage): void {
  const requestId = requestIdFrom(request?.headers['x-request-id']);
  const body = JSON.stringify(problemOf(error, requestId));
  const headers = {
    Connection: 'close',
    'X-Request-Id': requestId,
    ...problemHeaders(error),
    'Content-Length': String(Buffer.byteLength(body)),
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  const reason = STATUS_CODES[error.status] ?? '';
  socket.once('finish', () => socket.destroy());
  socket.end(`HTTP/1.1 ${String(error.status)} ${reason}\r\n${lines.join('')}\r\n${body}`);
}

/** What Node's parser refuses, by its code; anything else is no HTTP at all. */
const FAULTS: Readonly<Partial<Record<string, ErrorCode>>> = {
  HPE_HEADER_OVERFLOW: 'headers-too-large',
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 'payload-too-large',
  ERR_HTTP_REQUEST_TIMEOUT: 'request-timeout',
};

/** Answers with problem documents where Node.js would with bare statuses: what never gets to be a request. */
export function answerFaults(server: Server): void {
  server.on('clientError', (fault: NodeJS.ErrnoException, socket: Duplex) => {
    if (!socket.writable || isBeingAnswered(socket)) {
      socket.destroy();
      return;
    }
    refuse(socket, new CodedError(FAULTS[fault.code ?? ''] ?? 'malformed-request'));
  });
  server.on('checkExpectation', (request: IncomingMessage, response: ServerResponse) => {
    const error = new CodedError('expectation-failed');
    const requestId = requestIdFrom(request.headers['x-request-id']);
    response
      .writeHead(error.status, {
        ...problemHeaders(error),
        Connection: 'close',
        'X-Request-Id': requestId,
      })
      .end(JSON.stringify(problemOf(error, requestId)));
  });
}

/** Whether part of an answer is out already: a second one would be taken for the rest of it. Node.js does not tell it by type. */
function isBeingAnswered(socket: Duplex): boolean {
  const { _httpMessage: answer } = socket as { _httpMessage?: ServerResponse | null };
  return answer?.headersSent === true;
}
