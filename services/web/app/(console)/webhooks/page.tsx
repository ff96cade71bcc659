import { Webhooks } from '../../../screens/webhooks/webhooks.tsx';

export default function WebhooksPage() {
  return <Webhooks />;
}
