import { Health } from '../../../screens/health/health.tsx';

export default function HealthPage() {
  return <Health />;
}
