import tailwindcss from '@tailwindcss/vite';
import react from '@vitejs/plugin-react';
import { build, defineConfig, type Plugin } from 'vite';

const workspace = decodeURIComponent(new URL('..', import.meta.url).pathname);
const gateway = 'http://127.0.0.1:3000';

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
  plugins: [react(), tailwindcss(), sdkForOtherSites],
  resolve,
  build: {
    target,
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
