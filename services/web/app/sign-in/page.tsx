import { SignIn } from '../../screens/sign-in/sign-in.tsx';

export default function SignInPage() {
  return <SignIn />;
}
