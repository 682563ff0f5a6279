import { useId, type ComponentProps } from 'react';
import { classes } from './classes.ts';

interface TextFieldProps extends Omit<ComponentProps<'input'>, 'value' | 'onChange' | 'id'> {
  label: string;
  value: string;
  onValue: (value: string) => void;
  /** What is wrong with the value, as a sentence. */
  error: string | null;
}

export function TextField({ label, value, onValue, error, className, ...rest }: TextFieldProps) {
  const id = useId();
  return (
    <div>
      <div className="mb-1.5 flex flex-wrap justify-between gap-x-4 text-sm">
        <label htmlFor={id} className="font-medium">
          {label}
        </label>
        <p id={`${id}-error`} className="text-danger">
          {error}
        </p>
      </div>
      <input
        id={id}
        value={value}
        onChange={(event) => onValue(event.target.value)}
        aria-invalid={error !== null}
        aria-describedby={error === null ? undefined : `${id}-error`}
        className={classes(
          'h-12 w-full rounded-xl border bg-surface px-4 text-ink',
          error === null ? 'border-field' : 'border-danger',
          className,
        )}
        {...rest}
      />
    </div>
  );
}
