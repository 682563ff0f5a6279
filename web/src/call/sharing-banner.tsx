import { MonitorUp } from 'lucide-react';

/** Whoever shares their screen is to know it all the time. */
export function SharingBanner({ shown, onStop }: { shown: boolean; onStop: () => void }) {
  return (
    <div role="status" className="pointer-events-none absolute inset-x-0 top-2 z-20 flex justify-center px-4">
      {shown && (
        <p className="over-picture pointer-events-auto flex animate-appear items-center gap-3 rounded-full bg-black/75 py-1.5 pr-1.5 pl-4 text-sm text-ink shadow-xl shadow-black/50">
          <MonitorUp aria-hidden="true" className="size-4 shrink-0" />
          You are sharing your screen
          <button
            type="button"
            onClick={onStop}
            className="h-11 cursor-pointer rounded-full bg-stop px-4 font-semibold text-white transition-colors hover:bg-stop-strong"
          >
            Stop
          </button>
        </p>
      )}
    </div>
  );
}
