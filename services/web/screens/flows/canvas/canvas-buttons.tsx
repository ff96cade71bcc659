'use client';
import Maximize from 'lucide-react/icons/maximize';
import Minus from 'lucide-react/icons/minus';
import Plus from 'lucide-react/icons/plus';
import { IconButton } from '../../../design/icon-button.tsx';
import { useText } from '../../../language/language.tsx';

/** How near the drawing is. The keys work while the canvas has the focus. */
export function CanvasButtons({ onFit, onCloser, onFarther }: { onFit: () => void; onCloser: () => void; onFarther: () => void }) {
  const text = useText();
  return (
    <div className="absolute bottom-3.5 left-3.5 z-10 flex flex-col rounded-md border border-line bg-panel">
      <IconButton small label={text('flows.canvas.closer')} keys="+" side="right" icon={<Plus aria-hidden className="size-3.5" />} onClick={onCloser} />
      <IconButton small label={text('flows.canvas.farther')} keys="-" side="right" icon={<Minus aria-hidden className="size-3.5" />} onClick={onFarther} />
      <IconButton small label={text('flows.canvas.fit')} keys="0" side="right" icon={<Maximize aria-hidden className="size-3.5" />} onClick={onFit} />
    </div>
  );
}
