/** Requests to media servers as spans, which pass `traceparent` on. Loaded only if traces are on. */
import type { TracingOptions } from '@crossfade/service/tracing';

export const tracedRequests: NonNullable<TracingOptions['instrumentations']> = async () => {
  const { UndiciInstrumentation } = await import('@opentelemetry/instrumentation-undici');
  return [new UndiciInstrumentation()];
};
