/**
 * OpenTelemetry traces, off by default: then nothing of it is loaded, and everything here costs a comparison. Switched
 * on they go to a collector over OTLP/HTTP. One trace follows a request from the gateway to the media server and its
 * workers, because `traceparent` (W3C Trace Context) is taken over and passed on.
 */
import type { IncomingHttpHeaders } from 'node:http';
import type * as Api from '@opentelemetry/api';
import type { NodeSDKConfiguration } from '@opentelemetry/sdk-node';
import { CodedError } from '@crossfade/shared/errors';

/** Milliseconds the last spans get to reach the collector when the service stops. */
const FLUSH_LIMIT_MS = 2_000;

export interface TracingOptions {
  service: string;
  /** Base address of the collector, `http://host:4318`; undefined: off. */
  endpoint: string | undefined;
  /** Makes what else should be traced; called only if it is on. */
  instrumentations?: () => Promise<NodeSDKConfiguration['instrumentations']>;
}

interface Tracing {
  readonly api: typeof Api;
  readonly tracer: Api.Tracer;
}

/** Of the whole process, as OpenTelemetry's own registrations are. */
let tracing: Tracing | undefined;

/** @returns sends what is left and switches it off */
export async function startTracing(options: TracingOptions): Promise<() => Promise<void>> {
  const { service, endpoint, instrumentations } = options;
  if (endpoint === undefined) return () => Promise.resolve();
  const [api, { NodeSDK }, { OTLPTraceExporter }] = await Promise.all([
    import('@opentelemetry/api'),
    import('@opentelemetry/sdk-node'),
    import('@opentelemetry/exporter-trace-otlp-http'),
  ]);
  const sdk = new NodeSDK({
    serviceName: service,
    autoDetectResources: false,
    traceExporter: new OTLPTraceExporter({ url: `${endpoint.replace(/\/$/, '')}/v1/traces` }),
    // Traces only, whatever else the environment says: metrics and logs go other ways.
    metricReaders: [],
    logRecordProcessors: [],
    instrumentations: (await instrumentations?.()) ?? [],
  });
  sdk.start();
  tracing = { api, tracer: api.trace.getTracer('crossfade') };
  return async () => {
    tracing = undefined;
    let limit: NodeJS.Timeout | undefined;
    await Promise.race([
      // A collector that is away is no reason to fail.
      sdk.shutdown().catch(() => undefined),
      new Promise((resolve) => (limit = setTimeout(resolve, FLUSH_LIMIT_MS))),
    ]);
    clearTimeout(limit);
  };
}

/** Does some work as a span of the current trace. */
export function inSpan<T>(name: string, work: () => Promise<T>): Promise<T> {
  if (!tracing) return work();
  const { api, tracer } = tracing;
  return tracer.startActiveSpan(name, async (span) => {
    try {
      return await work();
    } catch (error) {
      span.setStatus({ code: api.SpanStatusCode.ERROR, message: reasonOf(error) });
      throw error;
    } finally {
      span.end();
    }
  });
}

/** The span of one HTTP request, from its arrival to the end of its answer. */
export interface RequestSpan {
  /** The route's template is known: the span is named by it, and the work below belongs to it. */
  handle<T>(route: string, work: () => T): T;
  end(status: number): void;
}

/** @returns undefined if tracing is off */
export function startRequestSpan(method: string, headers: IncomingHttpHeaders): RequestSpan | undefined {
  if (!tracing) return undefined;
  const { api, tracer } = tracing;
  const parent = api.propagation.extract(api.ROOT_CONTEXT, headers);
  const attributes = { 'http.request.method': method };
  const span = tracer.startSpan(method, { kind: api.SpanKind.SERVER, attributes }, parent);
  return {
    handle: (route, work) => {
      span.updateName(`${method} ${route}`);
      span.setAttribute('http.route', route);
      return api.context.with(api.trace.setSpan(parent, span), work);
    },
    end: (status) => {
      span.setAttribute('http.response.status_code', status);
      if (status >= 500) span.setStatus({ code: api.SpanStatusCode.ERROR });
      span.end();
    },
  };
}

/** The id of the trace that a request says it belongs to (W3C Trace Context): for logs, whether traces are on or not. */
export function traceIdOf({ traceparent }: IncomingHttpHeaders): string | undefined {
  const [, id] =
    /^(?!ff)[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}(-|$)/.exec(String(traceparent)) ?? [];
  return id === undefined || /^0+$/.test(id) ? undefined : id;
}

/** What may leave the house: a code, or the kind of error. */
function reasonOf(error: unknown): string {
  if (error instanceof CodedError) return error.code;
  return error instanceof Error ? error.name : 'unknown';
}
