/** Holds the errors that `shared/media-routes` lists for each route to what the server answers: every test asks. */
import { errorsOf, MEDIA_ROUTES, type MediaRoute } from '@crossfade/shared/media-routes';
import type { Response } from 'supertest';

const patterns = MEDIA_ROUTES.map((route) => ({
  route,
  pattern: new RegExp(`^${route.path.replaceAll(/:\w+/g, '[^/]+')}$`),
}));

function routeOf(method: string, path: string): MediaRoute | undefined {
  return patterns.find(({ route, pattern }) => route.method === method && pattern.test(path))?.route;
}

/** @throws if this is an error that the route is not said to have */
export function mustBeListed(method: string, url: string, { body }: Pick<Response, 'body'>): void {
  const { code } = (body ?? {}) as { code?: unknown };
  const route = routeOf(method, url.split('?', 1)[0] ?? '');
  if (!route || typeof code !== 'string') return;
  const listed: readonly string[] = errorsOf(route);
  if (!listed.includes(code)) throw new Error(`${route.operationId} is not said to answer ${code}`);
}
