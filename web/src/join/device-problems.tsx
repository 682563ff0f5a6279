import type { MediaProblem } from '@crossfade/client/local-media';
import { TriangleAlert } from 'lucide-react';
import { problemTexts } from '../devices/problem-text.ts';

interface DeviceProblemsProps {
  problems: readonly MediaProblem[];
  onTryAgain: () => void;
}

/** What keeps camera or microphone from working, and what helps. */
export function DeviceProblems({ problems, onTryAgain }: DeviceProblemsProps) {
  const canTryAgain = problems.some(({ kind }) => kind !== 'insecure-page');
  return (
    <div role="status" className="absolute inset-x-3 top-3">
      {problems.length > 0 && (
        <div className="mx-auto flex max-w-lg animate-appear gap-3 rounded-xl bg-notice px-4 pt-3 pb-1 text-on-notice">
          <TriangleAlert aria-hidden="true" className="mt-0.5 size-5 shrink-0" />
          <div className="text-sm leading-normal">
            {problemTexts(problems).map((text) => (
              <p key={text}>{text}</p>
            ))}
            {canTryAgain && (
              <button
                type="button"
                onClick={onTryAgain}
                className="min-h-11 min-w-11 cursor-pointer rounded-md font-semibold underline underline-offset-4"
              >
                Try again
              </button>
            )}
          </div>
        </div>
      )}
    </div>
  );
}
