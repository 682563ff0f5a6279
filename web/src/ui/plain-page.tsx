import type { ReactNode } from 'react';
import { PageHeader } from './page-header.tsx';

interface PlainPageProps {
  title: string;
  text: string;
  children: ReactNode;
}

/** A page with one thing to say and what can be done about it. */
export function PlainPage({ title, text, children }: PlainPageProps) {
  return (
    <div className="flex min-h-dvh flex-col bg-canvas text-ink">
      <PageHeader />
      <main className="mx-auto flex w-full max-w-md grow flex-col justify-center px-5 pb-28">
        <h1 className="text-3xl font-semibold tracking-tight text-balance sm:text-4xl">{title}</h1>
        <p className="mt-3 text-lg text-pretty text-muted">{text}</p>
        <div className="mt-8 flex flex-wrap gap-3">{children}</div>
      </main>
    </div>
  );
}
