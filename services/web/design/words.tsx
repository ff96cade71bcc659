import { Fragment } from 'react';

/** A text in which `...` is something to type: shown as code. */
export const Words = ({ text }: { text: string }) => (
  <>
    {text.split('`').map((part, i) =>
      i % 2 === 0 ? (
        <Fragment key={`${i} ${part}`}>{part}</Fragment>
      ) : (
        <code key={`${i} ${part}`} className="box-decoration-clone rounded-sm bg-hover px-1 font-mono text-[0.92em]">
          {part}
        </code>
      ),
    )}
  </>
);
