/** What a media server has open, as its metrics tell. */
import type { Harness } from './harness.ts';

/** Open entities by kind. @throws Error if they are not what was created and not closed */
export async function openEntities({ registry }: Harness): Promise<Record<string, number>> {
  const text = await registry.metrics();
  const of = (name: string): Record<string, number> =>
    Object.fromEntries(
      [...text.matchAll(new RegExp(`^crossfade_media_${name}\\{kind="(\\w+)"\\} (\\d+)$`, 'gm'))].map(
        ([, kind, count]) => [String(kind), Number(count)],
      ),
    );
  const [open, created, closed] = [of('open'), of('created_total'), of('closed_total')];
  for (const [kind, count] of Object.entries(open)) {
    const kept = (created[kind] ?? 0) - (closed[kind] ?? 0);
    if (kept !== count) throw new Error(`${kept} of kind ${kind} were not closed, but ${count} are open`);
  }
  return open;
}
