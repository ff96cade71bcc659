import { Run } from '../../../../screens/run/run.tsx';

export default async function RunPage({ params }: { params: Promise<{ id: string }> }) {
  return <Run id={(await params).id} />;
}
