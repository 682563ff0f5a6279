import { visibleText } from '@crossfade/shared/visible-text';
import { LoaderCircle } from 'lucide-react';
import { useEffect, useEffectEvent, useRef, useState, type SyntheticEvent } from 'react';
import { callOfInput } from '../location/address.ts';
import { Button } from '../ui/button.tsx';
import { TextField } from '../ui/text-field.tsx';
import { callError } from './call-error.ts';
import { rememberName, rememberedName } from './own-name.ts';
import { randomCallId } from './random-call-id.ts';
import type { Filled } from './use-connection-ahead.ts';

const MAX_NAME_LENGTH = 64;

interface JoinFormProps {
  addressed: string | null;
  /** What a damaged invitation holds in place of a call's name. */
  damaged: string | null;
  /** Whether what the call is like may be chosen here; otherwise the invitation says it. */
  mayChoose: boolean;
  /** Whether camera and microphone have been asked for and answered. */
  ready: boolean;
  joining: boolean;
  /** Why the last attempt failed. */
  failure: string | null;
  /** What is filled in and may be joined; null: something is missing. */
  onFilled: (filled: Filled | null) => void;
  onSubmit: (name: string, callId: string, oneAtATime: boolean) => void;
}

export function JoinForm(props: JoinFormProps) {
  const { addressed, damaged, mayChoose, ready, joining, failure, onFilled, onSubmit } = props;
  const [name, setName] = useState(rememberedName);
  const [call, setCall] = useState(() => addressed ?? damaged ?? randomCallId());
  const [oneAtATime, setOneAtATime] = useState(false);
  const [checked, setChecked] = useState(false);

  const callId = callOfInput(call, new URL(window.location.href));
  const readableName = visibleText(name);
  const nameError = readableName === '' ? 'Tell the others who you are.' : null;
  // As it came, it is not read as words: that might be the name of somebody else's call.
  const asDamaged = call === damaged;
  const wrongCall = asDamaged
    ? 'The name of the call in this invitation is not valid. Ask for a new link.'
    : callError(callId);

  const complete = nameError === null && wrongCall === null && !joining;
  const tellFilled = useEffectEvent(onFilled);
  useEffect(() => {
    tellFilled(complete ? { name: readableName, callId } : null);
  }, [complete, readableName, callId]);

  // On a phone it may be below what is shown.
  const alert = useRef<HTMLParagraphElement>(null);
  useEffect(() => {
    if (failure !== null) alert.current?.scrollIntoView({ block: 'nearest' });
  }, [failure]);

  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    setChecked(true);
    if (nameError !== null || wrongCall !== null || !ready || joining) return;
    rememberName(readableName);
    setCall(callId);
    onSubmit(readableName, callId, oneAtATime);
  };

  return (
    <form noValidate onSubmit={submit} className="flex flex-col gap-4">
      <div className="flex flex-col gap-4 short:flex-row *:min-w-0 *:grow">
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
          error={checked || asDamaged ? wrongCall : null}
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
          enterKeyHint="go"
        />
      </div>
      {/* Who comes to a call that is there already finds it as it is. */}
      {mayChoose && addressed === null && damaged === null && (
        <label className="flex min-h-8 cursor-pointer items-center gap-2.5 text-sm text-muted">
          <input
            type="checkbox"
            checked={oneAtATime}
            onChange={(event) => setOneAtATime(event.target.checked)}
            className="size-4.5 cursor-pointer accent-accent"
          />
          Push-to-talk: one speaks at a time
        </label>
      )}
      <Button type="submit" disabled={!ready || joining} aria-busy={joining} className="mt-1 text-lg">
        {joining && <LoaderCircle aria-hidden="true" className="size-5 animate-spin" />}
        {joining ? 'Joining…' : 'Join'}
      </Button>
      <p ref={alert} role="alert" className="min-h-12 text-danger">
        {failure}
      </p>
    </form>
  );
}
