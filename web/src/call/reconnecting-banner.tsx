/** The connection to the service is lost; pictures and sound may well go on meanwhile. */
export function ReconnectingBanner({ shown }: { shown: boolean }) {
  return (
    <div role="status" className="absolute inset-x-0 top-0 z-30 flex justify-center px-4">
      {shown && (
        <p className="animate-appear rounded-b-xl bg-notice px-4 py-2 text-sm font-medium text-on-notice">
          Connection lost. Reconnecting…
        </p>
      )}
    </div>
  );
}
