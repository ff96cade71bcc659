'use client';
// Commands of the CLI, to be copied: what a button does can be done there too.
import { CopyButton } from '../../design/copy-button.tsx';
import { plainText } from '../../design/value-rows.ts';

export const CommandLines = ({ commands }: { commands: readonly string[] }) => (
  <ul className="flex flex-col gap-1">
    {commands.map((command) => (
      <li key={command} className="flex items-start gap-1 rounded-md border border-line bg-ground ps-2 pe-0.5 py-0.5">
        <code className="foreign min-w-0 flex-1 py-0.5 font-mono text-xs">{plainText(command)}</code>
        <CopyButton value={command} />
      </li>
    ))}
  </ul>
);
