import { WebhookPage } from '../../../../screens/webhooks/webhook-page.tsx';

export default async function OneWebhookPage({ params }: { params: Promise<{ name: string }> }) {
  return <WebhookPage name={decodeURIComponent((await params).name)} />;
}
