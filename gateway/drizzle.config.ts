import { defineConfig } from 'drizzle-kit';

export default defineConfig({
  dialect: 'postgresql',
  schema: './gateway/src/store/schema.ts',
  out: './gateway/migrations',
});
