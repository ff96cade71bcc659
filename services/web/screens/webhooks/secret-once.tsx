'use client';
// The secret of a webhook, right after it was made: with its address and lines for a shell that send a signed delivery.
import type { CreatedWebhook } from '../../api/webhooks.ts';
import { CodeBlock } from '../../design/code-block.tsx';
import { ShownOnce } from '../../design/shown-once.tsx';
import { useText } from '../../language/language.tsx';
import { signLines } from './sign-lines.ts';

export function SecretOnce({ made, title, onClose }: { made: CreatedWebhook; title: string; onClose: () => void }) {
  const text = useText();
  const address = `${window.location.origin}${made.path}`;
  return (
    <ShownOnce
      open
      wide
      onOpenChange={(open) => !open && onClose()}
      title={title}
      warning={text('webhooks.once')}
      label={text('webhooks.secret')}
      value={made.secret}
    >
      <div className="mb-1 mt-3 text-xs font-medium text-ink-soft">{text('webhooks.address')}</div>
      <CodeBlock code={address} />
      <div className="mb-1 mt-3 text-xs font-medium text-ink-soft">{text('webhooks.try')}</div>
      <CodeBlock code={signLines({ scheme: made.scheme, address, secret: made.secret, header: made.header })} />
    </ShownOnce>
  );
}
