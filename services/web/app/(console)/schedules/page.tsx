import { Schedules } from '../../../screens/schedules/schedules.tsx';

export default function SchedulesPage() {
  return <Schedules />;
}
