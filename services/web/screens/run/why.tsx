'use client';
// Why a run does not go on: the sentence of the server, since when, who works on it, and the commands that move it.
import type { RunDetail } from '../../api/runs.ts';
import { IdText } from '../../design/id-text.tsx';
import { RelativeTime } from '../../design/relative-time.tsx';
import { plainText } from '../../design/value-rows.ts';
import { useText } from '../../language/language.tsx';
import { CommandLines } from './command-lines.tsx';
import { Fact, Facts, Part } from './facts.tsx';

export function Why({ run }: { run: RunDetail }) {
  const text = useText();
  const { why } = run;
  if (why === undefined) return null;
  const { owner, lastEvent } = why;
  return (
    <>
      <Part title={text('run.panel.why')}>
        <p className="foreign mb-2 text-md">{plainText(why.text)}</p>
        <Facts>
          <Fact name={text('run.since')}>
            <RelativeTime at={why.since} />
          </Fact>
          <Fact name={text('run.owner')}>
            {owner.node === undefined ? text('run.nobody') : <IdText id={owner.node} />}
            <span className="text-ink-faint"> {text('run.shard', { shard: String(owner.shard), epoch: String(owner.epoch) })}</span>
          </Fact>
          {owner.seen !== undefined && (
            <Fact name={text('run.ownerSeen')}>
              <RelativeTime at={owner.seen} />
            </Fact>
          )}
          {lastEvent !== undefined && (
            <Fact name={text('run.lastEvent')}>
              {lastEvent.seq} · {lastEvent.type} · <RelativeTime at={lastEvent.at} />
            </Fact>
          )}
        </Facts>
      </Part>
      {why.commands.length > 0 && (
        <Part title={text('run.commands')}>
          <CommandLines commands={why.commands} />
        </Part>
      )}
    </>
  );
}
