/** The sign of the product: a gate with three arches. */
export const Mark = ({ className = 'size-5' }: { className?: string }) => (
  <svg viewBox="0 0 20 20" aria-hidden className={className}>
    <rect x="0.5" y="0.5" width="19" height="19" rx="4.5" fill="var(--accent-fill)" />
    <path
      d="M4 15.5V9.2a2 2 0 0 1 4 0v6.3M8 15.5V7a2 2 0 0 1 4 0v8.5M12 15.5V9.2a2 2 0 0 1 4 0v6.3"
      fill="none"
      stroke="var(--accent-ink)"
      strokeWidth="1.4"
      strokeLinecap="round"
    />
  </svg>
);
