/** What the HTTP server puts up with before there is a request to speak of. */
import type { ServerOptions } from 'node:http';

export const SERVER_LIMITS = {
  /** Bytes of all headers: a token of two kilobytes, and room. More is answered `431`. */
  maxHeaderSize: 8_192,
  /** Milliseconds until the headers, and until the whole request, must be here; later ones are answered `408`. */
  headersTimeout: 5_000,
  requestTimeout: 10_000,
  /** Milliseconds between two looks for those that are late. */
  connectionsCheckingInterval: 1_000,
  /** Milliseconds an idle connection is kept; told in every answer, so that callers do not use it just then. */
  keepAliveTimeout: 5_000,
} as const satisfies ServerOptions;
