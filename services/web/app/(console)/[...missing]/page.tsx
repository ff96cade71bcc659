import { notFound } from 'next/navigation';

/** An address that no screen has: answered 404, with the frame around what says so. */
export default function MissingPage(): never {
  notFound();
}
