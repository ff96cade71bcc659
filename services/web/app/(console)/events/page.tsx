import { Events } from '../../../screens/events/events.tsx';

export default function EventsPage() {
  return <Events />;
}
