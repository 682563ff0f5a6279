import { PlainPage } from './ui/plain-page.tsx';

/** For an address that is none of this app's. */
export function NoSuchPage() {
  return (
    <PlainPage
      title="There is no such page"
      text="The address may be misspelled, or the link to it may be incomplete."
    >
      <title>There is no such page · Crossfade</title>
      <a href="/" className="rounded-md font-semibold underline underline-offset-4">
        Go to the start
      </a>
    </PlainPage>
  );
}
