/** The built web app: its files, and its page for every address that is a page of its own. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import express, { Router, type RequestHandler } from 'express';
import { route } from '@crossfade/service/http';
import { SettingError } from '@crossfade/service/settings';

/** Vite names these files by their content: they never change. */
const ASSET_LIFETIME = '365d';

/** @throws SettingError if there is none in that folder */
export function webApp(root: string): Router {
  const router = Router();
  const page = path.join(root, 'index.html');
  if (!existsSync(page)) {
    throw new SettingError(
      `Setting WEB_ROOT cannot be used: there is no built web app in ${root}; build it, or set WEB_ROOT=none.`,
    );
  }
  const sendPage = route('web-app', (_request, response) => {
    response.setHeader('Cache-Control', 'no-cache');
    response.sendFile(page);
  });
  // Without a parameter: an address that cannot be decoded gets the page as well, which tells what is wrong with it.
  router.use('/call', onlyGet(sendPage));
  router.use(
    '/assets',
    express.static(path.join(root, 'assets'), { immutable: true, maxAge: ASSET_LIFETIME, index: false }),
  );
  // The SDK is for pages of any site; which of them may use the gateway is another question (ALLOWED_ORIGINS).
  router.use('/sdk', (_request, response, next) => {
    response.set({ 'Access-Control-Allow-Origin': '*', 'Cross-Origin-Resource-Policy': 'cross-origin' });
    next();
  });
  router.use(express.static(root, { index: false, cacheControl: false }));
  router.get('/', sendPage);
  router.get(
    '/{*path}',
    route('web-app', (request, response, next) => {
      // A browser gets the app's page for it, a program the problem document.
      if (request.path.startsWith('/api/') || request.accepts(['json', 'html']) !== 'html') {
        next();
        return;
      }
      response.status(404).sendFile(page);
    }),
  );
  return router;
}

function onlyGet(handle: RequestHandler): RequestHandler {
  return (request, response, next) => {
    if (request.method === 'GET' || request.method === 'HEAD') return handle(request, response, next);
    next();
  };
}

/** What a page of ours may load and connect to: only this gateway. */
export const pagePolicy = {
  useDefaults: false,
  directives: {
    defaultSrc: ["'self'"],
    connectSrc: ["'self'", 'ws:', 'wss:'],
    mediaSrc: ["'self'", 'blob:'],
    imgSrc: ["'self'", 'data:'],
    styleSrc: ["'self'"],
    objectSrc: ["'none'"],
    baseUri: ["'none'"],
    formAction: ["'self'"],
    frameAncestors: ["'self'"],
  },
};
