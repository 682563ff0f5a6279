/** The import rules of the house; see docs/architecture.md. */
const outside = (...allowed) =>
  `^(shared|service|media-server|gateway|client|web)/(?<!^(${allowed.join('|')})/)`;

module.exports = {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'shared-imports-nobody',
      severity: 'error',
      from: { path: '^shared/' },
      to: { path: outside('shared') },
    },
    {
      name: 'service-imports-shared-only',
      severity: 'error',
      from: { path: '^service/' },
      to: { path: outside('service', 'shared') },
    },
    {
      name: 'media-server-knows-no-gateway',
      severity: 'error',
      from: { path: '^media-server/' },
      to: { path: outside('media-server', 'service', 'shared') },
    },
    {
      name: 'gateway-knows-only-the-wire',
      severity: 'error',
      from: { path: '^gateway/' },
      to: { path: outside('gateway', 'service', 'shared') },
    },
    {
      name: 'client-imports-shared-only',
      severity: 'error',
      from: { path: '^client/' },
      to: { path: outside('client', 'shared') },
    },
    {
      name: 'web-is-thin',
      severity: 'error',
      from: { path: '^web/' },
      to: { path: outside('web', 'client', 'shared') },
    },
    {
      name: 'shared-does-no-io',
      severity: 'error',
      from: { path: '^shared/', pathNot: '\\.test\\.ts$' },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'tests-are-not-imported',
      severity: 'error',
      from: { pathNot: '\\.test\\.tsx?$' },
      to: { path: '\\.test\\.tsx?$' },
    },
    {
      name: 'resolvable',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: ['node_modules', '/dist/'] },
    exclude: { path: ['/dist/', '/dist-types/'] },
    tsConfig: { fileName: 'tsconfig.cruise.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['types', 'import', 'node', 'default'],
      extensions: ['.ts', '.tsx', '.js', '.mjs', '.css', '.json'],
    },
  },
};
