'use client';
// The editor of one flow: text on one side, picture on the other, mistakes below, both live.
// I1 What is not published is a draft of this browser, and the screen says so. I2 The cursor and the picture choose the same step.
import { useQuery } from '@tanstack/react-query';
import Play from 'lucide-react/icons/play';
import Undo from 'lucide-react/icons/undo-2';
import Upload from 'lucide-react/icons/upload';
import dynamic from 'next/dynamic';
import { useRouter } from 'next/navigation';
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { flowSchemaQuery, newestQuery, type FlowDetail, type FlowVersion } from '../../api/flows.ts';
import { useMay } from '../../api/me.ts';
import { Badge } from '../../design/badge.tsx';
import { Button } from '../../design/button.tsx';
import { RelativeTime } from '../../design/relative-time.tsx';
import { SkeletonRows } from '../../design/skeleton.tsx';
import { SplitPane } from '../../design/split-pane.tsx';
import { showToast } from '../../design/toast.tsx';
import { useText } from '../../language/language.tsx';
import { useCommands, type Command } from '../../palette/commands.tsx';
import { CanvasWaits, FlowCanvas } from '../flows/canvas/flow-canvas.tsx';
import { RunDialog } from '../flows/run-flow/run-dialog.tsx';
import { dropDraft, keepDraft, readDraft } from './draft.ts';
import { MistakeList } from './mistake-list.tsx';
import { versionChange } from './next-version.ts';
import { PublishDialog } from './publish-dialog.tsx';
import { TestRun } from './test-run.tsx';
import type { Schema } from './language/schema-look.ts';
import type { CodeEditorProps, EditorHandle, TextMistake } from './text/code-editor.tsx';
import { useIsNarrow } from './use-is-narrow.ts';
import { useMistakes } from './use-mistakes.ts';
import { offsetOf, replacementOf, stepAt, type FlowSource } from './text/places.ts';
import { useSource } from './use-source.ts';

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

interface Started {
  readonly run: string;
  readonly of: FlowVersion;
}

export function FlowEditor({ draftName, published: opened, newest }: FlowEditorProps) {
  const text = useText();
  const mayWrite = useMay('flow.write');
  const narrow = useIsNarrow();
  const [draft] = useState(() => readDraft(draftName));
  const [initial] = useState(draft?.text ?? opened);
  // Of a new flow that was published from here: the address does not know it yet.
  const [firstText, setFirstText] = useState<string>();
  const published = firstText ?? opened;
  const [written, setWritten] = useState(initial);
  const [cursor, setCursor] = useState(0);
  const [chosen, setChosen] = useState<string>();
  const editor = useRef<EditorHandle>(undefined);
  const { source, isWhole } = useSource(written);
  const check = useMistakes(written);
  const schema = useQuery(flowSchemaQuery);
  const [publishing, setPublishing] = useState<'alone' | 'and run'>();
  const [toRun, setToRun] = useState<FlowVersion>();
  const [started, setStarted] = useState<Started>();
  const kept = useDraft(draftName, written, published, newest?.hash);
  const spans = source?.spans ?? NO_SPANS;
  const selected = useMemo(() => stepAt(spans, cursor), [spans, cursor]);
  const lit = useMemo(() => spans.find(({ pointer }) => pointer === chosen), [spans, chosen]);
  const placed = useMemo(
    () =>
      (check.checked?.mistakes ?? []).map((mistake) => {
        const at = check.checked?.text ?? '';
        const offset = mistake.line === undefined ? 0 : offsetOf(at, mistake.line, mistake.column ?? 1);
        return { mistake, offset, change: mayWrite ? replacementOf(at, offset, mistake.suggestion) : undefined };
      }),
    [check.checked, mayWrite],
  );
  const marks = useMemo<readonly TextMistake[]>(
    () =>
      placed.map(({ mistake: { message, suggestion }, offset, change }) => ({
        from: offset,
        to: endOfWord(check.checked?.text ?? '', offset),
        message: suggestion === undefined ? message : `${message} ${suggestion}`,
        ...(change !== undefined && { mend: { title: text('editor.mend', { word: change.text }), change } }),
      })),
    [placed, check.checked, text],
  );
  const choose = useCallback(
    (pointer: string | undefined) => {
      setChosen(pointer);
      const span = spans.find((one) => one.pointer === pointer);
      if (span !== undefined) editor.current?.show(span.from);
    },
    [spans],
  );
  const onReady = useCallback((handle: EditorHandle | undefined) => void (editor.current = handle), []);
  const differs = written !== published;
  const mayPublish = mayWrite && check.checked?.ok === true && !check.checking;
  useEditorCommands({
    next: () => editor.current?.nextMistake(),
    publish: mayPublish ? () => setPublishing('alone') : undefined,
    run: mayPublish ? () => setPublishing('and run') : undefined,
  });
  const toItsPage = usePublished(draftName);
  const canvas =
    started === undefined && source === undefined ? (
      <CanvasWaits />
    ) : started === undefined ? (
      <FlowCanvas document={source?.document} label={draftName} selected={selected} onSelect={choose} />
    ) : (
      <TestRun
        {...started.of}
        run={started.run}
        selected={chosen}
        onSelect={setChosen}
        onClose={() => {
          setStarted(undefined);
          toItsPage(started.of);
        }}
      />
    );
  return (
    <>
      <EditorBar
        named={source?.named}
        keptAtMs={kept}
        differs={differs}
        isOld={draft?.base !== undefined && newest !== undefined && draft.base !== newest.hash && differs}
        mayWrite={mayWrite}
        mayPublish={mayPublish}
        onDiscard={() => {
          dropDraft(draftName);
          editor.current?.replaceAll(published);
        }}
        onPublish={(thenRun) => setPublishing(thenRun ? 'and run' : 'alone')}
      />
      <SplitPane
        name="editor"
        share={0.48}
        direction={narrow ? 'column' : 'row'}
        first={
          <>
            <CodeEditor
              initial={initial}
              label={text('editor.textOf', { flow: draftName })}
              readOnly={!mayWrite}
              mistakes={marks}
              schema={schema.data ?? NO_SCHEMA}
              lit={lit}
              onText={setWritten}
              onCursor={(offset) => {
                setCursor(offset);
                setChosen(undefined);
              }}
              onReady={onReady}
            />
            <MistakeList
              mistakes={placed}
              checking={check.checking}
              ok={check.checked?.ok === true}
              problem={check.problem}
              fetchedAtPublishing={check.checked?.fetchedAtPublishing ?? NO_ADDRESSES}
              onShow={(offset) => editor.current?.show(offset)}
              onMend={(change) => editor.current?.change(change)}
            />
          </>
        }
        second={
          <div className="flex min-h-0 flex-1 flex-col">
            {!isWhole && started === undefined && <p className="shrink-0 bg-warn-wash px-3 py-1 text-xs text-warn">{text('editor.lastPicture')}</p>}
            {canvas}
          </div>
        }
      />
      {publishing !== undefined && source !== undefined && (
        <Publishing
          source={written}
          named={source.named}
          thenRun={publishing === 'and run'}
          onClose={() => setPublishing(undefined)}
          onVersion={(version) => {
            const change = versionChange(written, version);
            if (change !== undefined) editor.current?.change(change);
          }}
          onPublished={(version) => {
            setPublishing(undefined);
            if (newest === undefined) setFirstText(written);
            showToast({ title: text('editor.publish.done', { flow: `${version.namespace}/${version.name}`, version: version.version }) });
            if (publishing === 'and run') setToRun(version);
            else toItsPage(version);
          }}
        />
      )}
      {toRun !== undefined && (
        <RunDialog namespace={toRun.namespace} name={toRun.name} onClose={() => setToRun(undefined)} onStarted={(run) => setStarted({ run, of: toRun })} />
      )}
    </>
  );
}

const NO_SPANS: FlowSource['spans'] = [];
const NO_ADDRESSES: readonly string[] = [];
/** Until the server has told it. */
const NO_SCHEMA: Schema = {};

const endOfWord = (text: string, offset: number): number => offset + (/^[^\s:,{}[\]]+/.exec(text.slice(offset, offset + 200))?.[0].length ?? 1);

/** The text may name another flow than the one that was opened: it is compared with the newest version of that one. */
function Publishing(props: Omit<React.ComponentProps<typeof PublishDialog>, 'newest'>) {
  const { namespace, name } = props.named;
  const isNamed = namespace !== '' && name !== '';
  const { data, isPending } = useQuery({ ...newestQuery(namespace, name), enabled: isNamed });
  if (isPending && isNamed) return null;
  return <PublishDialog {...props} newest={data ?? undefined} />;
}

/** After publishing, the address is that of the flow. */
function usePublished(draftName: string): (version: FlowVersion) => void {
  const router = useRouter();
  return ({ namespace, name }) => {
    if (draftName !== `${namespace}/${name}`) router.replace(`/flows/edit/${namespace}/${name}`);
  };
}

const KEEP_MS = 400;

/** When the draft was kept last. */
function useDraft(flow: string, text: string, published: string, base: string | undefined): number | undefined {
  const [kept, setKept] = useState(() => readDraft(flow)?.atMs);
  useEffect(() => {
    const timer = setTimeout(() => {
      if (text === published) {
        dropDraft(flow);
        setKept(undefined);
        return;
      }
      const atMs = Date.now();
      setKept(keepDraft(flow, { text, atMs, ...(base !== undefined && { base }) }) ? atMs : undefined);
    }, KEEP_MS);
    return () => clearTimeout(timer);
  }, [flow, text, published, base]);
  return kept;
}

interface EditorBarProps {
  readonly named: FlowSource['named'] | undefined;
  readonly keptAtMs: number | undefined;
  readonly differs: boolean;
  readonly isOld: boolean;
  readonly mayWrite: boolean;
  readonly mayPublish: boolean;
  onDiscard(): void;
  onPublish(thenRun: boolean): void;
}

function EditorBar({ named, keptAtMs, differs, isOld, mayWrite, mayPublish, onDiscard, onPublish }: EditorBarProps) {
  const text = useText();
  return (
    <header className="flex shrink-0 flex-wrap items-center gap-2 border-b border-line px-3 py-1.5">
      <h1 className="foreign min-w-0 truncate font-semibold">
        {named === undefined || named.name === '' ? text('flows.new') : `${named.namespace}/${named.name}`}
      </h1>
      {named !== undefined && named.version !== '' && <bdi className="font-mono text-xs text-ink-soft">{named.version}</bdi>}
      {!mayWrite && <Badge>{text('editor.readOnly')}</Badge>}
      {differs && keptAtMs !== undefined && (
        <span className="flex items-center gap-1.5 text-xs text-ink-soft">
          <Badge tone="live">{text('editor.draft')}</Badge>
          <span className="max-narrow:hidden">
            {text('editor.draftKept')} <RelativeTime at={new Date(keptAtMs).toISOString()} />
          </span>
        </span>
      )}
      {isOld && <Badge tone="warn">{text('editor.draftOld')}</Badge>}
      {mayWrite && (
        <span className="ms-auto flex items-center gap-2">
          {differs && (
            <Button tone="quiet" icon={<Undo aria-hidden className="size-3.5" />} onClick={onDiscard}>
              {text('editor.discard')}
            </Button>
          )}
          <Button disabled={!mayPublish || !differs} icon={<Upload aria-hidden className="size-3.5" />} onClick={() => onPublish(false)}>
            {text('editor.publish.verb')}
          </Button>
          <Button tone="primary" disabled={!mayPublish} icon={<Play aria-hidden className="size-3.5" />} onClick={() => onPublish(true)}>
            {text('editor.publish.andRun')}
          </Button>
        </span>
      )}
    </header>
  );
}

function useEditorCommands(deeds: { next: () => void; publish: (() => void) | undefined; run: (() => void) | undefined }): void {
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
