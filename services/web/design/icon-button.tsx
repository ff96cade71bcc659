'use client';
import type { ComponentProps, ReactNode } from 'react';
import { classes } from './classes.ts';
import { Tooltip, type TooltipProps } from './tooltip.tsx';

export interface IconButtonProps extends Omit<ComponentProps<'button'>, 'children' | 'aria-label'> {
  /** What it does: read aloud, and shown above it. */
  readonly label: string;
  readonly icon: ReactNode;
  readonly keys?: string | undefined;
  readonly side?: TooltipProps['side'];
  readonly small?: boolean;
}

export function IconButton({ label, icon, keys, side = 'bottom', small = false, className, type = 'button', ...rest }: IconButtonProps) {
  return (
    <Tooltip text={label} keys={keys} side={side}>
      <button
        type={type}
        aria-label={label}
        className={classes(
          'inline-flex shrink-0 items-center justify-center rounded-md text-ink-soft transition-colors duration-75 hover:bg-hover hover:text-ink disabled:cursor-not-allowed disabled:opacity-50',
          small ? 'size-6' : 'size-control',
          className,
        )}
        {...rest}
      >
        {icon}
      </button>
    </Tooltip>
  );
}
