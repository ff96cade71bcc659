'use client';
// Everything that can be done from where the reader is: the frame and each screen register their actions while they are shown. The palette
// lists them, and their shortcuts work.
// I1 The command that came last has a shortcut first. I2 A shortcut of one key never works while somebody writes.
import { createContext, useContext, useEffect, useMemo, useRef, useState, type ReactNode } from 'react';
import type { LucideIcon } from 'lucide-react';
import { chordOf, keysAreTaken, matchKeys, SEQUENCE_MS } from './shortcuts.ts';

export interface Command {
  /** Unique among what is shown. */
  readonly id: string;
  readonly title: string;
  /** Under which head it stands. */
  readonly group: string;
  readonly keys?: string;
  readonly Icon?: LucideIcon;
  /** Other words that find it. */
  readonly words?: string;
  run(): void;
}

interface Registry {
  readonly commands: readonly Command[];
  readonly open: boolean;
  setOpen(open: boolean): void;
  register(owner: symbol, commands: readonly Command[] | undefined): void;
}
const RegistryContext = createContext<Registry | undefined>(undefined);

function useRegistry(): Registry {
  const registry = useContext(RegistryContext);
  if (registry === undefined) throw new Error('CommandProvider is missing above.');
  return registry;
}

export function CommandProvider({ children }: { children: ReactNode }) {
  const [owners, setOwners] = useState<ReadonlyMap<symbol, readonly Command[]>>(new Map());
  const [open, setOpen] = useState(false);
  const commands = useMemo(() => [...owners.values()].flat(), [owners]);
  const [register] = useState<Registry['register']>(() => (owner: symbol, found: readonly Command[] | undefined) => {
    setOwners((before) => {
      const next = new Map(before);
      next.delete(owner);
      if (found !== undefined) next.set(owner, found);
      return next;
    });
  });
  useShortcuts(commands, setOpen);
  const registry = useMemo(() => ({ commands, open, setOpen, register }), [commands, open, register]);
  return <RegistryContext value={registry}>{children}</RegistryContext>;
}

/** Memoise `commands`: each new list is a new registration. */
export function useCommands(commands: readonly Command[]): void {
  const { register } = useRegistry();
  const [owner] = useState(() => Symbol('commands'));
  useEffect(() => {
    register(owner, commands);
    return () => register(owner, undefined);
  }, [register, owner, commands]);
}

export function usePalette(): { readonly open: boolean; setOpen(open: boolean): void; readonly commands: readonly Command[] } {
  return useRegistry();
}

function useShortcuts(commands: readonly Command[], setOpen: (open: boolean) => void): void {
  const latest = useRef(commands);
  useEffect(() => {
    latest.current = commands;
  });
  useEffect(() => {
    let before: string | undefined;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const press = (event: KeyboardEvent): void => {
      if (event.defaultPrevented || event.isComposing) return;
      const chord = chordOf(event);
      if (chord === 'mod+k') {
        event.preventDefault();
        setOpen(true);
        return;
      }
      if (!chord.startsWith('mod+') && keysAreTaken(event.target)) return;
      const known = latest.current.flatMap(({ keys }) => keys ?? []);
      const match = matchKeys(before, chord, known);
      clearTimeout(timer);
      before = match.kind === 'begun' ? match.chord : undefined;
      if (match.kind === 'begun') timer = setTimeout(() => (before = undefined), SEQUENCE_MS);
      if (match.kind !== 'whole') return;
      event.preventDefault();
      latest.current.findLast(({ keys }) => keys === match.keys)?.run();
    };
    window.addEventListener('keydown', press);
    return () => {
      clearTimeout(timer);
      window.removeEventListener('keydown', press);
    };
  }, [setOpen]);
}
