import { Runs } from '../../../screens/runs/runs.tsx';

export default function RunsPage() {
  return <Runs />;
}
