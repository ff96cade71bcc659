/** The place of what is being read. It shows itself after a moment only, and says nothing to who hears the page. */
export const Skeleton = ({ className = 'h-4 w-32' }: { className?: string }) => (
  <span aria-hidden className={`skeleton-late block rounded-sm bg-hover ${className}`} />
);

export const SkeletonRows = ({ count = 6 }: { count?: number }) => (
  <div aria-hidden className="flex flex-col">
    {Array.from({ length: count }, (_, i) => (
      <div key={i} className="flex h-row items-center gap-4 border-b border-line px-3">
        <Skeleton className="h-3 w-20" />
        <Skeleton className="h-3 flex-1" />
        <Skeleton className="h-3 w-16" />
      </div>
    ))}
  </div>
);
