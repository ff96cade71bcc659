'use client';
// The editor of one flow: text on one side, picture on the other, mistakes below, all of it live.
// I1 What is not published is a draft of this browser, and the screen says so. I2 The cursor and the picture choose the same step.
import { useQuery } from '@tanstack/react-query';
import dynamic from 'next/dynamic';
import { useCallback, useMemo, useRef, useState } from 'react';
import { flowSchemaQuery, type FlowDetail, type FlowVersion } from '../../api/flows.ts';
import { useMay } from '../../api/me.ts';
import { SkeletonRows } from '../../design/skeleton.tsx';
import { SplitPane } from '../../design/split-pane.tsx';
import { useText } from '../../language/language.tsx';
import { CanvasWaits } from '../flows/canvas/canvas-waits.tsx';
import { FlowCanvas } from '../flows/canvas/flow-canvas.tsx';
import { EditorBar } from './editor-bar.tsx';
import { useEditorCommands } from './editor-commands.ts';
import type { Schema } from './language/schema-look.ts';
import { MistakeList } from './mistake-list.tsx';
import { versionChange } from './next-version.ts';
import { Publishing, useItsEditor, type Wish } from './publishing.tsx';
import { TestRun } from './test-run.tsx';
import type { CodeEditorProps, EditorHandle } from './text/code-editor.tsx';
import { stepAt, type FlowSource, type StepSpan } from './text/places.ts';
import { useAsked } from './use-asked.ts';
import { useIsNarrow } from './use-is-narrow.ts';
import { useMistakes } from './use-mistakes.ts';
import { usePlacedMistakes } from './use-placed-mistakes.ts';
import { useSource } from './use-source.ts';
import { useWriting, type Writing } from './use-writing.ts';

const CodeEditor = dynamic<CodeEditorProps>(() => import('./text/code-editor.tsx').then(({ CodeEditor: found }) => found), {
  ssr: false,
  loading: () => <SkeletonRows count={14} />,
});

export interface FlowEditorProps {
  /** Under which name the draft is kept: NAMESPACE/NAME or `new`. */
  readonly draftName: string;
  /** What the text begins with when there is no draft. */
  readonly published: string;
  readonly newest: FlowDetail | undefined;
}

export function FlowEditor({ draftName, published, newest }: FlowEditorProps) {
  const narrow = useIsNarrow();
  const mayWrite = useMay('flow.write');
  const editor = useRef<EditorHandle>(undefined);
  const onReady = useCallback((handle: EditorHandle | undefined) => void (editor.current = handle), []);
  const writing = useWriting(draftName, published, newest);
  const { source, isWhole } = useSource(writing.text);
  const check = useMistakes(writing.text);
  const choice = useStepChoice(source?.spans ?? NO_SPANS, editor);
  const [wish, setWish] = useState<Wish>();
  const [started, setStarted] = useState<{ readonly run: string; readonly of: FlowVersion }>();
  const toItsEditor = useItsEditor(draftName);
  const next = (): void => editor.current?.nextMistake();
  const mayPublish = mayWrite && check.checked?.ok === true && !check.checking;
  const ask = useAsked(check, { publish: (thenRun) => setWish({ step: 'publish', thenRun }), mend: next });
  const askByKey = (thenRun: boolean) => (mayWrite ? () => ask(thenRun) : undefined);
  useEditorCommands({ next, publish: askByKey(false), run: askByKey(true) });
  return (
    <>
      <EditorBar
        named={source?.named}
        keptAtMs={writing.keptAtMs}
        differs={writing.differs}
        isOld={writing.isOld}
        mayWrite={mayWrite}
        mayPublish={mayPublish}
        onDiscard={() => editor.current?.replaceAll(writing.published)}
        onPublish={ask}
      />
      <SplitPane
        name="editor"
        share={0.48}
        direction={narrow ? 'column' : 'row'}
        first={<TextPane draftName={draftName} writing={writing} check={check} choice={choice} editor={editor} onReady={onReady} mayWrite={mayWrite} />}
        second={
          started === undefined ? (
            <PicturePane draftName={draftName} source={source} isWhole={isWhole} choice={choice} />
          ) : (
            <TestRun
              {...started.of}
              run={started.run}
              selected={choice.chosen}
              onSelect={choice.setChosen}
              onClose={() => {
                setStarted(undefined);
                toItsEditor(started.of);
              }}
            />
          )
        }
      />
      <Publishing
        wish={wish}
        source={writing.text}
        named={source?.named}
        onWish={setWish}
        onVersion={(version) => {
          const change = versionChange(writing.text, version);
          if (change !== undefined) editor.current?.change(change);
        }}
        onPublished={(version, thenRun) => {
          writing.onPublished();
          if (!thenRun) toItsEditor(version);
        }}
        onStarted={(run, of) => setStarted({ run, of })}
      />
    </>
  );
}

const NO_SPANS: readonly StepSpan[] = [];
/** Until the server has told it. */
const NO_SCHEMA: Schema = {};
const NO_ADDRESSES: readonly string[] = [];

type Editor = { readonly current: EditorHandle | undefined };
interface StepChoice {
  /** Where the cursor is. */
  readonly selected: string | undefined;
  /** What was chosen on the picture, and where it stands in the text. */
  readonly chosen: string | undefined;
  readonly lit: StepSpan | undefined;
  choose(pointer: string | undefined): void;
  setChosen(pointer: string | undefined): void;
  onCursor(offset: number): void;
}

/** I2 */
function useStepChoice(spans: readonly StepSpan[], editor: Editor): StepChoice {
  const [cursor, setCursor] = useState(0);
  const [chosen, setChosen] = useState<string>();
  const selected = useMemo(() => stepAt(spans, cursor), [spans, cursor]);
  const lit = useMemo(() => spans.find(({ pointer }) => pointer === chosen), [spans, chosen]);
  const choose = useCallback(
    (pointer: string | undefined) => {
      const span = spans.find((one) => one.pointer === pointer);
      if (span !== undefined) editor.current?.show(span.from);
      setChosen(pointer);
    },
    [spans, editor],
  );
  const onCursor = (offset: number): void => {
    setCursor(offset);
    setChosen(undefined);
  };
  return { selected, chosen, lit, choose, setChosen, onCursor };
}

interface TextPaneProps {
  readonly draftName: string;
  readonly writing: Writing;
  readonly check: ReturnType<typeof useMistakes>;
  readonly choice: StepChoice;
  readonly editor: Editor;
  readonly mayWrite: boolean;
  onReady(handle: EditorHandle | undefined): void;
}

function TextPane({ draftName, writing, check: { checked, checking, problem }, choice, editor, mayWrite, onReady }: TextPaneProps) {
  const text = useText();
  const { list, marks } = usePlacedMistakes(checked, mayWrite);
  const schema = useQuery(flowSchemaQuery);
  return (
    <>
      <CodeEditor
        initial={writing.initial}
        label={text('editor.textOf', { flow: draftName })}
        readOnly={!mayWrite}
        mistakes={marks}
        schema={schema.data ?? NO_SCHEMA}
        lit={choice.lit}
        onText={writing.setText}
        onCursor={choice.onCursor}
        onReady={onReady}
      />
      <MistakeList
        mistakes={list}
        checking={checking}
        ok={checked?.ok === true}
        problem={problem}
        fetchedAtPublishing={checked?.fetchedAtPublishing ?? NO_ADDRESSES}
        onShow={(offset) => editor.current?.show(offset)}
        onMend={(change) => editor.current?.change(change)}
      />
    </>
  );
}

interface PicturePaneProps {
  readonly draftName: string;
  readonly source: FlowSource | undefined;
  readonly isWhole: boolean;
  readonly choice: StepChoice;
}

function PicturePane({ draftName, source, isWhole, choice }: PicturePaneProps) {
  const text = useText();
  return (
    <div className="flex min-h-0 flex-1 flex-col">
      {!isWhole && <p className="shrink-0 bg-warn-wash px-3 py-1 text-xs text-warn">{text('editor.lastPicture')}</p>}
      {source === undefined ? <CanvasWaits /> : <FlowCanvas document={source.document} label={draftName} selected={choice.selected} onSelect={choice.choose} />}
    </div>
  );
}
