import type { ComponentProps } from 'react';
import { classes } from './classes.ts';

const looks = {
  primary: 'bg-accent text-on-accent hover:bg-accent-strong',
  quiet: 'border border-line bg-surface text-ink hover:bg-raised',
};

interface ButtonProps extends ComponentProps<'button'> {
  look?: keyof typeof looks;
}

export function Button({ look = 'primary', className, type = 'button', ...rest }: ButtonProps) {
  return (
    <button
      type={type}
      className={classes(
        'inline-flex min-h-12 cursor-pointer items-center justify-center gap-2 rounded-xl px-5 font-semibold',
        'transition-colors disabled:cursor-default disabled:opacity-60',
        looks[look],
        className,
      )}
      {...rest}
    />
  );
}
