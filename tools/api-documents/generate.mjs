#!/usr/bin/env node
/** Writes the documents anew; `npm run documents` runs it after a build. */
import * as fs from 'node:fs';
import * as path from 'node:path';

import { PROJECT_ROOT } from '../../scripts/project-root.mjs';
import { createDocuments } from './documents.mjs';

for (const [file, text] of Object.entries(await createDocuments(PROJECT_ROOT))) {
  const target = path.join(PROJECT_ROOT, file);
  const before = fs.existsSync(target) ? fs.readFileSync(target, 'utf8') : '';
  fs.mkdirSync(path.dirname(target), { recursive: true });
  fs.writeFileSync(target, text);
  console.log(`${before === text ? 'unchanged' : 'written  '} ${file}`);
}
