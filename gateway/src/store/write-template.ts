/** A step of the build: writes the template that `template.ts` reads. */
import { rename, writeFile } from 'node:fs/promises';
import { PGlite } from '@electric-sql/pglite';
import { TEMPLATE_FILE } from './template.ts';

const client = await PGlite.create();
const folder = await client.dumpDataDir('gzip');
await client.close();
const unfinished = `${TEMPLATE_FILE}.${String(process.pid)}`;
await writeFile(unfinished, Buffer.from(await folder.arrayBuffer()));
await rename(unfinished, TEMPLATE_FILE);
