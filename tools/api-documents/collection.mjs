/**
 * The Postman collection: each step of the scenario is the request that openapi-to-postmanv2 makes of its operation,
 * with what the step changes. The converter invents values and ids anew every time; none of them is kept, so that the
 * same OpenAPI document gives the same collection.
 */
import { createHash } from 'node:crypto';

import converter from 'openapi-to-postmanv2';

import { FOLDERS } from './scenario.mjs';

/** Sends who has the secret a token of their own, or takes the one that is given. */
const SIGN_TOKENS = `// Signs a service token with the secret of the environment, unless there is a token already.
const secret = pm.environment.get('serviceJwtSecret');
if (secret) {
  const crypto = require('crypto-js');
  const base64url = (words) => crypto.enc.Base64.stringify(words).replace(/\\+/g, '-').replace(/\\//g, '_').replace(/=+$/, '');
  const part = (value) => base64url(crypto.enc.Utf8.parse(JSON.stringify(value)));
  const now = Math.floor(Date.now() / 1000);
  const sign = (claims) => {
    const text = \`\${part({ alg: 'HS256', typ: 'JWT' })}.\${part({
      aud: 'media-server', typ: 'service', sub: 'postman', iss: pm.environment.get('jwtIssuer'), iat: now, exp: now + 300, ...claims,
    })}\`;
    return \`\${text}.\${base64url(crypto.HmacSHA256(text, secret))}\`;
  };
  pm.variables.set('token', sign({}));
  pm.variables.set('readToken', sign({ scope: 'read' }));
}`;

/**
 * @param {object} openApi
 * @returns {Promise<object>}
 */
export async function createCollection(openApi) {
  const operations = await convertedOperations(openApi);
  const kept = FOLDERS.flatMap(({ steps }) => steps.flatMap(({ keep }) => Object.keys(keep ?? {})));

  return {
    info: {
      _postman_id: idOf('collection'),
      name: openApi.info.title,
      description: `Made from the OpenAPI document of version ${openApi.info.version} by \`npm run documents\`; do not edit it. Run it from top to bottom, with an environment that has the secret of the media server (SERVICE_JWT_SECRET).`,
      schema: 'https://schema.getpostman.com/json/collection/v2.1.0/collection.json',
    },
    item: FOLDERS.map(({ name, description, steps }) => ({
      id: idOf(name),
      name,
      description,
      item: steps.map((step) => createItem(step, name, operations)),
    })),
    auth: bearer('token'),
    event: [script('prerequest', 'collection', SIGN_TOKENS.split('\n'))],
    variable: ['roomId', 'ssrc', ...kept].map((key) => ({ key, value: '' })),
  };
}

/** For a media server as `npm start` starts it. */
export function createEnvironment() {
  const values = {
    baseUrl: 'http://127.0.0.1:4000',
    metricsUrl: 'http://127.0.0.1:9464',
    serviceJwtSecret: '',
    jwtIssuer: 'crossfade',
    token: '',
    readToken: '',
  };
  const secret = new Set(['serviceJwtSecret', 'token', 'readToken']);

  return {
    id: idOf('environment'),
    name: 'Crossfade, local',
    values: Object.entries(values).map(([key, value]) => ({
      key,
      value,
      type: secret.has(key) ? 'secret' : 'default',
      enabled: true,
    })),
    _postman_variable_scope: 'environment',
  };
}

/**
 * Of which operation each request is, by the id of the request.
 *
 * @returns {Map<string, import('./scenario.mjs').Step>}
 */
export function stepsById() {
  return new Map(
    FOLDERS.flatMap(({ name, steps }) => steps.map((step) => [idOf(`${name}/${step.name}`), step])),
  );
}

/**
 * @param {import('./scenario.mjs').Step} step
 * @param {string} folder
 * @param {Map<string, { method: string, path: string, open: boolean, request: any }>} operations
 */
function createItem(step, folder, operations) {
  const operation = operations.get(step.operation);
  if (!operation) throw new Error(`There is no operation ${step.operation} in the OpenAPI document.`);
  const { request, open } = operation;
  const { path = {}, query = {}, headers = {}, before } = step;
  const body = bodyOf(step, request);
  const base = step.operation === 'getMetrics' ? '{{metricsUrl}}' : '{{baseUrl}}';
  const queryText = Object.entries(query).map(([key, value]) => `${key}=${value}`);

  return {
    id: idOf(`${folder}/${step.name}`),
    name: step.name,
    request: {
      method: request.method,
      description: textOf(request.description),
      url: {
        raw: [`${base}/${request.url.path.join('/')}`, ...queryText].join('?'),
        host: [base],
        path: request.url.path,
        query: Object.entries(query).map(([key, value]) => ({ key, value })),
        variable: request.url.variable.map(({ key, description }) => {
          if (path[key] === undefined) throw new Error(`The step "${step.name}" says nothing of :${key}.`);
          return { key, value: path[key], description: textOf(description) };
        }),
      },
      header: headersOf(request, headers, body !== undefined),
      ...(body !== undefined && {
        body: { mode: 'raw', raw: body, options: { raw: { language: 'json' } } },
      }),
      ...authOf(step, open),
    },
    response: [],
    event: [
      ...(before ? [script('prerequest', `${folder}/${step.name}`, before)] : []),
      script('test', `${folder}/${step.name}`, testsOf(step)),
    ],
  };
}

/**
 * Those that the step sends, and those that could be sent, switched off.
 *
 * @param {any} request
 * @param {Record<string, string>} wanted
 * @param {boolean} hasBody
 */
function headersOf(request, wanted, hasBody) {
  const optional = request.header.filter(({ disabled }) => disabled);
  const unknown = Object.keys(wanted).filter((name) => !optional.some(({ key }) => key === name));
  if (unknown.length > 0) throw new Error(`${request.name} has no header ${unknown.join(', ')}.`);

  return [
    ...(hasBody ? [{ key: 'Content-Type', value: 'application/json' }] : []),
    ...optional.map(({ key, description }) => ({
      key,
      value: wanted[key] ?? '',
      description: textOf(description),
      ...(wanted[key] === undefined && { disabled: true }),
    })),
  ];
}

/**
 * @param {import('./scenario.mjs').Step} step
 * @param {any} request
 * @returns {string | undefined}
 */
function bodyOf({ name, body, rawBody }, request) {
  if (rawBody !== undefined) return rawBody;
  if (!request.body?.raw) {
    if (body) throw new Error(`The operation of the step "${name}" has no body.`);
    return undefined;
  }
  const text = JSON.stringify(merge(JSON.parse(request.body.raw), body ?? {}), undefined, 2);

  return text.replaceAll(/"\{\{raw:(\w+)\}\}"/g, '{{$1}}');
}

/**
 * What `changes` has instead of what `value` has; undefined takes away.
 *
 * @param {any} value
 * @param {any} changes
 * @returns {any}
 */
function merge(value, changes) {
  if (!isPlainObject(value) || !isPlainObject(changes)) return changes;
  const merged = { ...value };
  for (const [key, change] of Object.entries(changes)) merged[key] = merge(value[key], change);

  return merged;
}

/** @param {unknown} value */
function isPlainObject(value) {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * @param {import('./scenario.mjs').Step} step
 * @param {boolean} open
 */
function authOf({ token }, open) {
  if (open || token === 'none') return { auth: { type: 'noauth' } };
  return token === 'read' ? { auth: bearer('readToken') } : {};
}

/** @param {string} variable */
function bearer(variable) {
  return { type: 'bearer', bearer: [{ key: 'token', value: `{{${variable}}}`, type: 'string' }] };
}

/** @param {import('./scenario.mjs').Step} step */
function testsOf({ operation, status, code, tests = {}, keep = {} }) {
  const json = status !== 204 && !['getMetrics', 'getDocs'].includes(operation);
  const lines = [
    `pm.test('is answered ${status}', () => pm.response.to.have.status(${status}));`,
    `pm.test('has a request id', () => pm.expect(pm.response.headers.get('X-Request-Id')).to.be.a('string'));`,
  ];
  if (operation === 'getMetrics') lines.pop();
  if (json) lines.push('const answer = pm.response.json();');
  if (code !== undefined) {
    lines.push(
      `pm.test('is the problem ${code}', () => {`,
      `  pm.expect(pm.response.headers.get('Content-Type')).to.match(/^application\\/problem\\+json/);`,
      `  pm.expect({ status: answer.status, code: answer.code }).to.eql({ status: ${status}, code: '${code}' });`,
      `  pm.expect(answer.requestId).to.equal(pm.response.headers.get('X-Request-Id'));`,
      '});',
    );
  }
  for (const [name, text] of Object.entries(tests)) {
    const statements = text.split('\n').map((line) => `  ${line}`);
    lines.push(`pm.test(${JSON.stringify(name)}, () => {`, ...statements, '});');
  }
  for (const [variable, value] of Object.entries(keep)) {
    lines.push(`pm.collectionVariables.set('${variable}', ${value});`);
  }

  return lines;
}

/**
 * @param {'prerequest' | 'test'} listen
 * @param {string} owner
 * @param {readonly string[]} exec
 */
function script(listen, owner, exec) {
  return {
    listen,
    script: { id: idOf(`${owner}/${listen}`), type: 'text/javascript', exec: [...exec] },
  };
}

/**
 * The converter's request of each operation, by operationId.
 *
 * @param {any} openApi
 */
async function convertedOperations(openApi) {
  const requests = new Map();
  /** @param {any} item */
  const collect = (item) => {
    for (const child of item.item ?? []) collect(child);
    if (item.request)
      requests.set(`${item.request.method} /${item.request.url.path.join('/')}`, item.request);
  };
  collect(await convert(openApi));

  return new Map(
    Object.entries(openApi.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, { operationId, security }]) => {
        const key = `${method.toUpperCase()} ${path.replaceAll(/\{(\w+)\}/g, ':$1')}`;
        const request = requests.get(key);
        if (!request) throw new Error(`The converter has made nothing of ${key}.`);
        return [operationId, { request, open: security.length === 0 }];
      }),
    ),
  );
}

/**
 * @param {object} openApi
 * @returns {Promise<any>}
 */
function convert(openApi) {
  const options = {
    folderStrategy: 'Tags',
    // The body of a request is the first of its examples.
    parametersResolution: 'Example',
    alwaysInheritAuthentication: true,
    enableOptionalParameters: false,
  };
  return new Promise((resolve, reject) => {
    converter.convertV2({ type: 'string', data: JSON.stringify(openApi) }, options, (error, converted) => {
      if (error) reject(error);
      else if (!converted.result) reject(new Error(converted.reason));
      else resolve(JSON.parse(JSON.stringify(converted.output[0].data)));
    });
  });
}

/** @param {{ content: string } | string | undefined} description */
function textOf(description) {
  return typeof description === 'string' ? description : (description?.content ?? '');
}

/**
 * A UUID that is the same every time (version 8, RFC 9562: made in a way of our own).
 *
 * @param {string} name
 */
function idOf(name) {
  const hex = createHash('sha256').update(`crossfade/postman/${name}`).digest('hex');

  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
