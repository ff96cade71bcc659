'use client';
// Home: how it goes.
import { PageHeader } from '../../design/page-header.tsx';
import { useText } from '../../language/language.tsx';
import { RecentRuns } from './recent-runs.tsx';

export function Home() {
  const text = useText();
  return (
    <>
      <PageHeader title={text('frame.place.home')} />
      <div className="flex flex-col gap-4 px-4 pb-6">
        <RecentRuns />
      </div>
    </>
  );
}
