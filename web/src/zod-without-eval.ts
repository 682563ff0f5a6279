/**
 * Zod compiles validators with `new Function` where it may. The Content-Security-Policy of this page forbids that, and
 * the mere attempt is reported in the console; this has to be imported before anything that builds a schema.
 */
Object.assign(globalThis, { __zod_globalConfig: { jitless: true } });

export {};
