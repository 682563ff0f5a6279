/**
 * Requests to media servers as spans, which pass `traceparent` on. Loaded only if traces are on. Without ids: whose call it
 * was is for the log, and no collector's business.
 */
import type { TracingOptions } from '@crossfade/service/tracing';

export const tracedRequests: NonNullable<TracingOptions['instrumentations']> = async () => {
  const { UndiciInstrumentation } = await import('@opentelemetry/instrumentation-undici');
  return [
    new UndiciInstrumentation({
      requestHook: (span, { origin, path }) => {
        const shown = withoutIds(path);
        span.setAttributes({ 'url.full': `${origin}${shown}`, 'url.path': shown, 'url.query': '' });
      },
    }),
  ];
};

/** `/api/rooms/weekly/transports/7f0d…/connect` as `/api/rooms/:id/transports/:id/connect`. */
export function withoutIds(path: string): string {
  const [route = ''] = path.split('?', 1);
  return route.replaceAll(/\/(rooms|transports|producers|consumers|participants)\/[^/]+/g, '/$1/:id');
}
