'use client';
import CircleCheck from 'lucide-react/icons/circle-check';
import CircleX from 'lucide-react/icons/circle-x';
import Copy from 'lucide-react/icons/copy';
import type { Delivery } from '../../api/webhooks.ts';
import { Badge } from '../../design/badge.tsx';
import { useText } from '../../language/language.tsx';

const LOOKS = {
  accepted: { tone: 'good', Icon: CircleCheck },
  duplicate: { tone: 'idle', Icon: Copy },
  refused: { tone: 'bad', Icon: CircleX },
} as const;

export function DeliveryOutcome({ outcome }: { outcome: Delivery['outcome'] }) {
  const text = useText();
  const { tone, Icon } = LOOKS[outcome];
  return (
    <Badge tone={tone} icon={<Icon aria-hidden />}>
      {text(`webhooks.outcomes.${outcome}`)}
    </Badge>
  );
}
