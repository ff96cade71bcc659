'use client';
import LoaderCircle from 'lucide-react/icons/loader-circle';
import Link from 'next/link';
import type { ComponentProps, ReactNode } from 'react';
import { classes } from './classes.ts';

export type ButtonTone = 'primary' | 'plain' | 'quiet' | 'danger';

const TONES: Readonly<Record<ButtonTone, string>> = {
  primary: 'bg-accent-fill text-accent-ink hover:bg-accent-fill-hover',
  plain: 'border border-line-strong bg-raised text-ink hover:bg-hover',
  quiet: 'text-ink-soft hover:bg-hover hover:text-ink',
  danger: 'bg-bad-fill text-accent-ink hover:bg-bad-fill-hover',
};
const SHAPE =
  'inline-flex h-control shrink-0 select-none items-center justify-center gap-1.5 whitespace-nowrap rounded-md px-2.5 text-sm font-medium transition-colors duration-75 disabled:cursor-not-allowed disabled:opacity-50';

export const buttonClasses = (tone: ButtonTone, more?: string): string => classes(SHAPE, TONES[tone], more);

export interface ButtonProps extends ComponentProps<'button'> {
  readonly tone?: ButtonTone;
  /** Work is under way: shown, and not to be pressed again. */
  readonly busy?: boolean;
  readonly icon?: ReactNode;
}

export function Button({ tone = 'plain', busy = false, icon, className, children, disabled, type = 'button', ...rest }: ButtonProps) {
  return (
    <button type={type} className={buttonClasses(tone, className)} disabled={disabled === true || busy} aria-busy={busy || undefined} {...rest}>
      {busy ? <LoaderCircle aria-hidden className="size-3.5 animate-spin" /> : icon}
      {children}
    </button>
  );
}

/** A link that looks like a button: it goes somewhere and changes nothing. */
export function ButtonLink({ tone = 'plain', icon, className, children, ...rest }: ComponentProps<typeof Link> & Pick<ButtonProps, 'tone' | 'icon'>) {
  return (
    <Link className={buttonClasses(tone, className)} {...rest}>
      {icon}
      {children}
    </Link>
  );
}
