import { FlowList } from '../../../screens/flows/list/flow-list.tsx';

export default function FlowsPage() {
  return <FlowList />;
}
