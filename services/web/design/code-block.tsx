import { classes } from './classes.ts';
import { CopyButton } from './copy-button.tsx';

/** Text for a machine, as it is: a command, a document. Never rendered as anything else. */
export function CodeBlock({ code, className, tall = false }: { code: string; className?: string; tall?: boolean }) {
  return (
    <div className={classes('relative min-w-0 rounded-md border border-line bg-ground', className)}>
      <pre
        // Its own scroll needs the keyboard.
        tabIndex={0}
        className={classes('overflow-auto py-1.5 pe-8 ps-2.5 font-mono text-xs leading-5', !tall && 'max-h-80')}
      >
        <code>{code}</code>
      </pre>
      <span className="absolute end-1.5 top-1.5 flex">
        <CopyButton value={code} />
      </span>
    </div>
  );
}
