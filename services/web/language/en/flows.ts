export const flows = {
  canvas: {
    begin: 'The run begins',
    closer: 'Closer',
    cut: 'Only the first {count} parts are drawn.',
    end: 'The run ends',
    farther: 'Farther',
    fit: 'Show all',
    label: 'Drawing of {flow}. Arrow keys go from step to step.',
    map: 'Overview of the drawing',
    skipped: 'Skipped',
  },
  change: { added: 'Added', changed: 'Changed', moved: 'Moved', removed: 'Removed' },
} as const;
