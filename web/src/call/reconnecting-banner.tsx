import type { CallStatus } from '@crossfade/client/call';
import { STEP_TEXTS } from './reconnecting-text.ts';

/** Something is broken on this side: what, whether one is still heard meanwhile, and that one need not do anything. */
export function ReconnectingBanner({ status }: { status: CallStatus }) {
  return (
    <div role="status" className="absolute inset-x-0 top-0 z-30 flex justify-center px-4">
      {status.kind === 'reconnecting' && (
        <p
          data-step={status.step}
          className="max-w-prose animate-appear rounded-b-xl bg-notice px-4 py-2 text-center text-sm font-medium text-pretty text-on-notice"
        >
          {STEP_TEXTS[status.step]}
        </p>
      )}
    </div>
  );
}
