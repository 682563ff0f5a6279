/** The settings of a process: its environment, and `.env` at the root of the project for what is not in it. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const DOT_ENV = fileURLToPath(new URL('../../.env', import.meta.url));

export function processEnvironment(): NodeJS.ProcessEnv {
  if (existsSync(DOT_ENV)) process.loadEnvFile(DOT_ENV);
  return process.env;
}
