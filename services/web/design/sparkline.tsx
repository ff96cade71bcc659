/** A line without axes: how something went. Its label says what it shows in words. */
export function Sparkline({ values, label, className = 'h-5 w-20 text-accent' }: { values: readonly number[]; label: string; className?: string }) {
  const most = Math.max(...values, 1);
  const points = values.map((value, i) => `${values.length < 2 ? 50 : (i / (values.length - 1)) * 100},${19 - (value / most) * 18}`).join(' ');
  return (
    <svg viewBox="0 0 100 20" preserveAspectRatio="none" role="img" aria-label={label} className={className}>
      <polyline points={points} fill="none" stroke="currentColor" strokeWidth="1.5" vectorEffect="non-scaling-stroke" strokeLinejoin="round" />
    </svg>
  );
}
