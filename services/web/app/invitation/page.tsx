import { Invitation } from '../../screens/invitation/invitation.tsx';

export default function InvitationPage() {
  return <Invitation />;
}
