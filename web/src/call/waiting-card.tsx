import { Link } from 'lucide-react';
import { Button } from '../ui/button.tsx';
import { callLink } from './copy-link.ts';

interface WaitingCardProps {
  callId: string;
  onCopyLink: () => void;
}

/** Shown while one is alone in the call. */
export function WaitingCard({ callId, onCopyLink }: WaitingCardProps) {
  return (
    <div className="absolute inset-x-3 top-3 mx-auto max-w-sm animate-appear rounded-2xl bg-black/75 p-5 text-center short:flex short:items-center short:justify-between short:gap-4 short:p-3 short:text-left">
      <div className="min-w-0">
        <h2 className="font-semibold">Nobody else is here</h2>
        <p className="mt-1 text-sm break-all text-muted short:hidden">
          {callLink(callId).replace(/^https?:\/\//, '')}
        </p>
      </div>
      <Button onClick={onCopyLink} className="mt-4 min-h-11! text-sm short:mt-0">
        <Link aria-hidden="true" className="size-4" />
        Copy the invitation
      </Button>
    </div>
  );
}
