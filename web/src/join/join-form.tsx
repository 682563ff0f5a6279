import { callIdSchema } from '@crossfade/shared/ids';
import { LoaderCircle } from 'lucide-react';
import { useState, type SyntheticEvent } from 'react';
import { callOfInput } from '../location/address.ts';
import { Button } from '../ui/button.tsx';
import { TextField } from '../ui/text-field.tsx';
import { rememberName, rememberedName } from './own-name.ts';
import { randomCallId } from './random-call-id.ts';

const MAX_NAME_LENGTH = 64;

interface JoinFormProps {
  addressed: string | null;
  /** Whether camera and microphone have been asked for and answered. */
  ready: boolean;
  joining: boolean;
  /** Why the last attempt failed. */
  failure: string | null;
  onSubmit: (name: string, callId: string) => void;
}

export function JoinForm({ addressed, ready, joining, failure, onSubmit }: JoinFormProps) {
  const [name, setName] = useState(rememberedName);
  const [call, setCall] = useState(() => addressed ?? randomCallId());
  const [checked, setChecked] = useState(false);

  const callId = callOfInput(call);
  const nameError = name.trim() === '' ? 'Tell the others who you are.' : null;
  const callError = callIdSchema.safeParse(callId).success
    ? null
    : 'Only letters, digits and - . _ : please.';

  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    setChecked(true);
    if (nameError !== null || callError !== null || !ready || joining) return;
    rememberName(name.trim());
    setCall(callId);
    onSubmit(name.trim(), callId);
  };

  return (
    <form noValidate onSubmit={submit} className="flex flex-col gap-4">
      <TextField
        label="Your name"
        value={name}
        onValue={setName}
        error={checked ? nameError : null}
        autoComplete="name"
        maxLength={MAX_NAME_LENGTH}
        enterKeyHint="go"
      />
      <TextField
        label="Call"
        value={call}
        onValue={setCall}
        error={checked ? callError : null}
        autoComplete="off"
        autoCapitalize="none"
        spellCheck={false}
        enterKeyHint="go"
      />
      <Button type="submit" disabled={!ready || joining} aria-busy={joining} className="mt-1 text-lg">
        {joining && <LoaderCircle aria-hidden="true" className="size-5 animate-spin" />}
        {joining ? 'Joining…' : 'Join'}
      </Button>
      <p role="alert" className="min-h-12 text-danger">
        {failure}
      </p>
    </form>
  );
}
