'use client';
// Removing something whose whole content is known: done at once, with a way back.
import { showToast, useShowProblem } from '../../design/toast.tsx';
import { useText } from '../../language/language.tsx';

export interface Removal {
  /** As people know it. */
  readonly name: string;
  remove(): Promise<unknown>;
  putBack(): Promise<unknown>;
}

/** `reread`: reads the list again that it leaves and comes back to. */
export function useUndoableRemoval(reread: () => Promise<unknown>): (removal: Removal) => Promise<void> {
  const text = useText();
  const showProblem = useShowProblem();
  return async ({ name, remove, putBack }) => {
    try {
      await remove();
      await reread();
      const undo = (): void => void putBack().then(reread, showProblem);
      showToast({ title: text('settings.removed', { name }), action: { label: text('settings.undo'), run: undo } });
    } catch (error) {
      showProblem(error);
    }
  };
}
