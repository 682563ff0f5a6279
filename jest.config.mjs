/** Three projects: `unit` (beside the code), `integration` (real workers and servers), `browser` (real Chromium). */
const common = {
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts', '.tsx'],
  transform: {
    '^.+\\.tsx?$': [
      '@swc/jest',
      {
        jsc: {
          parser: { syntax: 'typescript', tsx: true },
          target: 'es2024',
          transform: { react: { runtime: 'automatic' } },
        },
        module: { type: 'es6' },
      },
    ],
  },
  // Tests run on the sources: nothing has to be built for them.
  moduleNameMapper: {
    '^@crossfade/(shared|service|client)/(.*)$': '<rootDir>/$1/src/$2.ts',
  },
  modulePathIgnorePatterns: [
    '/dist/',
    '<rootDir>/artifacts/',
    '<rootDir>/load-tests/node_modules/',
    '<rootDir>/tools/api-documents/node_modules/',
  ],
};

/** @type {import('jest').Config} */
export default {
  testTimeout: 30_000,
  projects: [
    {
      ...common,
      displayName: 'unit',
      testMatch: [
        '<rootDir>/{shared,service,media-server,gateway,client,web}/src/**/*.test.{ts,tsx}',
        '<rootDir>/{scripts,tools}/**/*.test.mjs',
        '<rootDir>/test/unit/**/*.test.ts',
      ],
    },
    { ...common, displayName: 'integration', testMatch: ['<rootDir>/test/integration/**/*.test.ts'] },
    { ...common, displayName: 'browser', testMatch: ['<rootDir>/test/browser/**/*.test.ts'] },
  ],
};
