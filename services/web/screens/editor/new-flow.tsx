'use client';
// A new flow: from a template, or going on with the draft of one. Which template stands in the address.
import FilePlus from 'lucide-react/icons/file-plus-2';
import { useMemo, useSyncExternalStore } from 'react';
import { useAddressState } from '../../design/address-state.ts';
import { Button } from '../../design/button.tsx';
import { PageHeader } from '../../design/page-header.tsx';
import { useCrumbs } from '../../frame/crumbs.tsx';
import { useText } from '../../language/language.tsx';
import { dropDraft, readDraft } from './draft.ts';
import { FlowEditor } from './flow-editor.tsx';
import { TEMPLATE_NAMES, TEMPLATES } from './templates/templates.ts';

const NAMES = ['template'] as const;
const NEW = 'new';
/** In the address: the draft that is there. */
const DRAFT = 'draft';

export function NewFlow() {
  const text = useText();
  const [{ template }, setAddress] = useAddressState(NAMES);
  const chosen = TEMPLATE_NAMES.find((name) => name === template);
  useCrumbs(useMemo(() => [{ title: text('flows.new'), ...(template !== undefined && { href: '/flows/new' }) }], [text, template]));
  if (chosen !== undefined || template === DRAFT)
    return <FlowEditor key={template} draftName={NEW} published={TEMPLATES[chosen ?? 'first-steps']} newest={undefined} />;
  return (
    <>
      <PageHeader title={text('flows.new')} about={text('editor.templatesAbout')} />
      <DraftLine onOpen={() => setAddress({ template: DRAFT }, true)} />
      <ul className="grid grid-cols-[repeat(auto-fill,minmax(17rem,1fr))] gap-3 px-4 pb-6">
        {TEMPLATE_NAMES.map((name) => (
          <li key={name}>
            <button
              type="button"
              onClick={() => {
                dropDraft(NEW);
                setAddress({ template: name }, true);
              }}
              className="flex h-full w-full flex-col gap-1 rounded-lg border border-line bg-panel p-3 text-start hover:border-line-strong hover:bg-hover"
            >
              <span className="flex items-center gap-2 font-semibold">
                <FilePlus aria-hidden className="size-4 text-accent" />
                {text(`editor.template.${name}.title`)}
              </span>
              <span className="text-ink-soft">{text(`editor.template.${name}.about`)}</span>
            </button>
          </li>
        ))}
      </ul>
    </>
  );
}

const never = (): (() => void) => () => undefined;

function DraftLine({ onOpen }: { onOpen: () => void }) {
  const text = useText();
  const hasDraft = useSyncExternalStore(
    never,
    () => readDraft(NEW) !== undefined,
    () => false,
  );
  if (!hasDraft) return null;
  return (
    <p className="mx-4 mb-3 flex items-center gap-3 rounded-md bg-live-wash px-3 py-2">
      {text('editor.draftWaits')}
      <Button onClick={onOpen}>{text('editor.goOn')}</Button>
    </p>
  );
}
