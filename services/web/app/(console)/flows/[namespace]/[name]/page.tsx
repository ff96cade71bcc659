import { FlowPage } from '../../../../../screens/flows/page/flow-page.tsx';

export default async function FlowPageRoute({ params }: { params: Promise<{ namespace: string; name: string }> }) {
  const { namespace, name } = await params;
  return <FlowPage namespace={decodeURIComponent(namespace)} name={decodeURIComponent(name)} />;
}
