/** The stage of the web app with people who are not there, made with the bundler of the web app, in a process of its own. */
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import type { Page } from 'playwright-core';

const WEB = path.resolve(import.meta.dirname, '../../web');

export interface StageBundle {
  /** Leaves `window.madeUpStage` behind. */
  script: string;
  styles: string;
}

declare global {
  interface Window {
    /** See `web/src/testing/made-up-stage.tsx`. */
    madeUpStage?: {
      show: (made: { others: number; speaker?: number | null; sharing?: number | null }) => void;
      /** Where the stage said that a video is shown, by source and participant; null: nowhere. */
      views: Record<string, { width: number; height: number } | null>;
    };
  }
}

const HTML = '<!doctype html><html lang="en"><title>Stage</title><body><div id="root"></div></body></html>';

/** Opens a page with an empty stage. */
export async function openStage(page: Page, { script, styles }: StageBundle): Promise<void> {
  const url = 'http://stage.test/';
  await page.route(url, (route) => route.fulfill({ contentType: 'text/html', body: HTML }));
  await page.goto(url);
  await page.addStyleTag({ content: styles });
  await page.addScriptTag({ content: script });
}

export async function bundleMadeUpStage(): Promise<StageBundle> {
  const outDir = await mkdtemp(path.join(tmpdir(), 'crossfade-stage-'));
  const options = {
    logLevel: 'error',
    define: { 'process.env.NODE_ENV': '"production"' },
    build: {
      outDir,
      copyPublicDir: false,
      lib: {
        entry: path.join(WEB, 'src/testing/made-up-stage.tsx'),
        name: 'stage',
        formats: ['iife'],
        fileName: 'stage',
      },
    },
  };
  const script = `import { build } from 'vite'; await build(${JSON.stringify(options)});`;
  try {
    await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], {
      cwd: WEB,
      env: { ...process.env, NODE_OPTIONS: '', NODE_ENV: 'production' },
    });
    const written = await readdir(outDir);
    const read = async (extension: string) => {
      const name = written.find((file) => file.endsWith(extension));
      if (name === undefined) throw new Error(`Nothing was written that ends with ${extension}.`);
      return readFile(path.join(outDir, name), 'utf8');
    };
    return { script: await read('.js'), styles: await read('.css') };
  } finally {
    await rm(outDir, { recursive: true, force: true });
  }
}
