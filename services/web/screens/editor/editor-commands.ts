'use client';
import Play from 'lucide-react/icons/play';
import Upload from 'lucide-react/icons/upload';
import { useEffect, useMemo, useRef } from 'react';
import { useText } from '../../language/language.tsx';
import { useCommands, type Command } from '../../palette/commands.tsx';

/** The deeds of the editor in the palette and on keys; one that cannot be done now does nothing. */
export function useEditorCommands(deeds: { next: () => void; publish: (() => void) | undefined; run: (() => void) | undefined }): void {
  const text = useText();
  const latest = useRef(deeds);
  useEffect(() => {
    latest.current = deeds;
  });
  const commands = useMemo<readonly Command[]>(() => {
    const group = text('editor.editor');
    return [
      { id: 'next mistake', title: text('editor.nextMistake'), group, keys: 'f8', run: () => latest.current.next() },
      { id: 'publish flow', title: text('editor.publish.verb'), group, keys: 'mod+s', Icon: Upload, run: () => latest.current.publish?.() },
      { id: 'publish and run', title: text('editor.publish.andRun'), group, keys: 'mod+enter', Icon: Play, run: () => latest.current.run?.() },
    ];
  }, [text]);
  useCommands(commands);
}
