'use client';
// One environment: what it holds, working in it, and why it can or cannot be removed.
import type { EnvironmentView } from '@palace/gateway/contract.ts';
import { useRouter } from 'next/navigation';
import { chooseEnvironment, useEnvironment } from '../../api/environments.ts';
import { useMay } from '../../api/me.ts';
import { Button } from '../../design/button.tsx';
import { Dialog } from '../../design/dialog.tsx';
import { useText } from '../../language/language.tsx';
import { Facts } from './facts.tsx';

const DEFAULT = 'default';

export interface EnvironmentDialogProps {
  readonly found: EnvironmentView | undefined;
  onClose(): void;
  onRemove(name: string): void;
}

export function EnvironmentDialog({ found, onClose, onRemove }: EnvironmentDialogProps) {
  const text = useText();
  const router = useRouter();
  const chosen = useEnvironment();
  const may = useMay('environment.write');
  if (found === undefined) return null;
  const { name, variables, secrets } = found;
  const full = variables + secrets > 0;
  const open = (section: 'variables' | 'secrets') => (): void => {
    chooseEnvironment(name);
    router.push(`/settings/${section}`);
  };
  return (
    <Dialog
      open
      onOpenChange={(next) => !next && onClose()}
      title={<bdi>{name}</bdi>}
      actions={
        <>
          {may && (
            <Button tone="danger" className="me-auto" disabled={full || name === DEFAULT} onClick={() => onRemove(name)} aria-describedby="why-not-removed">
              {text('settings.remove')}
            </Button>
          )}
          <Button
            tone="primary"
            disabled={name === chosen}
            onClick={() => {
              chooseEnvironment(name);
              onClose();
            }}
          >
            {text(name === chosen ? 'settings.environments.here' : 'settings.environments.work')}
          </Button>
        </>
      }
    >
      <Facts
        facts={[
          [text('settings.section.variables'), <Count key="variables" count={variables} onOpen={open('variables')} />],
          [text('settings.section.secrets'), <Count key="secrets" count={secrets} onOpen={open('secrets')} />],
        ]}
      />
      {may && (full || name === DEFAULT) && (
        <p id="why-not-removed" className="text-xs text-ink-soft">
          {text(name === DEFAULT ? 'settings.environments.stays' : 'settings.environments.full')}
        </p>
      )}
    </Dialog>
  );
}

const Count = ({ count, onOpen }: { count: number; onOpen: () => void }) => (
  <button type="button" onClick={onOpen} className="rounded-sm text-accent hover:underline">
    {count}
  </button>
);
