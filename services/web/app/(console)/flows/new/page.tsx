import { NewFlow } from '../../../../screens/editor/new-flow.tsx';

export default function NewFlowPage() {
  return <NewFlow />;
}
