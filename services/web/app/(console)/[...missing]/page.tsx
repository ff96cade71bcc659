import { NotFound } from '../../../frame/not-found.tsx';

export default function MissingPage() {
  return <NotFound />;
}
