/**
 * REST: the documents of an API, and a page to read and try it. For anyone who can reach the port: there is nothing
 * secret in them, and what is tried from the page needs a token like everything else.
 */
import { CodedError } from '@crossfade/shared/errors';
import { Router, type RequestHandler, type Response } from 'express';
import swaggerUi from 'swagger-ui-express';
import { route } from './http.ts';

export interface DocumentsOptions {
  /** Of the page. */
  title: string;
  createOpenApi: () => object;
  createAsyncApi: () => object;
}

/** The files of the page. Swagger UI's package has more: a page that loads somebody else's API, source maps. */
const FILES = new Set([
  '/swagger-ui.css',
  '/swagger-ui-bundle.js',
  '/swagger-ui-standalone-preset.js',
  '/swagger-ui-init.js',
  '/favicon-16x16.png',
  '/favicon-32x32.png',
]);

/**
 * Everything from this server, nothing from elsewhere. Swagger UI has styles in its page, but no scripts. Unlike
 * elsewhere there is no upgrade-insecure-requests: in a network without TLS the page would look for its files on HTTPS.
 */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const pageOptions = (title: string) => ({
  swaggerUrl: '../api/openapi.json',
  customSiteTitle: title,
  swaggerOptions: {
    // Its badge would send the address of this server to a validator on the internet.
    validatorUrl: null,
    displayRequestDuration: true,
    docExpansion: 'list',
    tryItOutEnabled: true,
  },
});

export function documentRoutes({ title, createOpenApi, createAsyncApi }: DocumentsOptions): Router {
  const router = Router();
  const options = pageOptions(title);
  const showPage: RequestHandler = swaggerUi.setup(undefined, options);

  for (const [path, create] of [
    ['/api/openapi.json', createOpenApi],
    ['/api/asyncapi.json', createAsyncApi],
  ] as const) {
    // Made when somebody first asks: it takes longer than anything else at a start would.
    let text: string | undefined;
    router.get(
      path,
      route(path, (_request, response) => {
        text ??= JSON.stringify(create());
        response.type('application/json').send(text);
      }),
    );
  }

  const page = '/docs';
  router.get(
    page,
    route(page, (request, response, next) => {
      // The files are named relative to the page.
      if (!request.path.endsWith('/')) {
        response.redirect(302, 'docs/');
        return;
      }
      secure(response);
      showPage(request, response, next);
    }),
  );
  router.use(
    page,
    route(`${page}/*`, (request, response, next) => {
      if (!FILES.has(request.path)) throw new CodedError('route-not-found');
      secure(response);
      next();
    }),
    ...swaggerUi.serveFiles(undefined, options),
  );
  return router;
}

function secure(response: Response): void {
  response.setHeader('Content-Security-Policy', CONTENT_SECURITY_POLICY);
}
