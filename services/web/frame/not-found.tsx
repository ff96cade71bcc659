'use client';
import MapPinOff from 'lucide-react/icons/map-pin-off';
import { ButtonLink } from '../design/button.tsx';
import { EmptyState } from '../design/empty-state.tsx';
import { useText } from '../language/language.tsx';

/** An address without a page, inside of the frame. */
export function NotFound() {
  const text = useText();
  return (
    <EmptyState whole icon={<MapPinOff aria-hidden />} title={text('frame.notFound')} action={<ButtonLink href="/">{text('frame.home')}</ButtonLink>}>
      {text('frame.notFoundNext')}
    </EmptyState>
  );
}
