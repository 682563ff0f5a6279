import tailwindcss from '@tailwindcss/vite';
import react from '@vitejs/plugin-react';
import { build, defineConfig, type Plugin } from 'vite';

const workspace = decodeURIComponent(new URL('..', import.meta.url).pathname);
const gateway = 'http://127.0.0.1:3000';

/**
 * What mediasoup-client has for tests, for React Native and for browsers older than those this app is built for, a third of
 * it; and what Zod makes JSON Schema with, a quarter of it. No page can come to use any of that.
 */
const NEVER_USED = [
  /\/mediasoup-client\/lib\/(?:handlers\/(?:Chrome74|ReactNative106|FakeHandler)|test\/fakeParameters)\.js$/,
  /\/zod\/v4\/core\/(?:to-json-schema|json-schema-processors)\.js$/,
];
const leaveOut: Plugin = {
  name: 'leave-out-what-is-never-used',
  enforce: 'pre',
  transform(code, id) {
    // What libraries write for those who develop them.
    if (id.includes('/node_modules/debug/src/')) return 'module.exports = () => () => undefined;';
    if (!NEVER_USED.some((path) => path.test(id))) return null;
    // What is imported by name from a module of ECMAScript has to be there.
    const names = code.matchAll(/^export (?:const |function |\{ \w+ as )(\w+)/gm);
    const exported = [...names].map(([, name]) => `nothing as ${name}`);
    return exported.length === 0
      ? 'module.exports = {};'
      : `const nothing = () => undefined;\nexport { ${exported.join(', ')} };`;
  },
};

const target = 'es2023';
const resolve = {
  // The packages of this workspace are taken from their sources: nothing has to be built before.
  alias: [{ find: /^@crossfade\/(client|shared)\/(.+)$/, replacement: `${workspace}$1/src/$2.ts` }],
};

/** The SDK as one file, `sdk/crossfade.js`, for pages of other sites; the app does not load it. */
const sdkForOtherSites: Plugin = {
  name: 'sdk-for-other-sites',
  apply: 'build',
  async closeBundle() {
    await build({
      configFile: false,
      logLevel: 'warn',
      plugins: [leaveOut],
      publicDir: false,
      resolve,
      build: {
        target,
        outDir: 'dist/sdk',
        modulePreload: false,
        rollupOptions: {
          input: 'src/sdk.ts',
          preserveEntrySignatures: 'strict',
          output: { entryFileNames: 'crossfade.js' },
        },
      },
    });
  },
};

export default defineConfig({
  plugins: [leaveOut, react(), tailwindcss(), sdkForOtherSites],
  resolve,
  build: {
    target,
    // Those that have `light-dark()`: rewritten for older ones, it would not follow the `color-scheme` of an element.
    cssTarget: ['chrome123', 'firefox128', 'safari17.5'],
    // Everything is a file of this origin: the Content-Security-Policy allows no data: addresses.
    assetsInlineLimit: 0,
  },
  server: {
    proxy: {
      '/api': gateway,
      '/socket.io': { target: gateway, ws: true },
    },
  },
});
