import tailwindcss from '@tailwindcss/vite';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

const workspace = decodeURIComponent(new URL('..', import.meta.url).pathname);
const gateway = 'http://127.0.0.1:3000';

export default defineConfig({
  plugins: [react(), tailwindcss()],
  resolve: {
    // The packages of this workspace are taken from their sources: nothing has to be built before.
    alias: [{ find: /^@crossfade\/(client|shared)\/(.+)$/, replacement: `${workspace}$1/src/$2.ts` }],
  },
  build: {
    target: 'es2023',
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
