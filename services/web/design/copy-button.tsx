'use client';
import Check from 'lucide-react/icons/check';
import Copy from 'lucide-react/icons/copy';
import { useEffect, useState } from 'react';
import { useText } from '../language/language.tsx';
import { classes } from './classes.ts';

const SHOWN_MS = 1_200;

export async function copyText(value: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(value);
    return true;
  } catch {
    return false;
  }
}

/** Says by its mark and aloud that it has copied. No tooltip: there may be thousands. */
export function CopyButton({ value, label, className }: { value: string | (() => string); label?: string; className?: string }) {
  const text = useText();
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return undefined;
    const timer = setTimeout(() => setCopied(false), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [copied]);
  const name = label ?? text('design.copy');
  return (
    <button
      type="button"
      title={name}
      aria-label={copied ? text('design.copied') : name}
      className={classes('z-1 inline-flex size-5 shrink-0 items-center justify-center rounded-sm text-ink-faint hover:bg-hover hover:text-ink', className)}
      onClick={(event) => {
        event.stopPropagation();
        void copyText(typeof value === 'function' ? value() : value).then(setCopied);
      }}
    >
      {copied ? <Check aria-hidden className="size-3 text-good" /> : <Copy aria-hidden className="size-3" />}
      <span aria-live="polite" className="sr-only">
        {copied ? text('design.copied') : ''}
      </span>
    </button>
  );
}
