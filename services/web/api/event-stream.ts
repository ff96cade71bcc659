// Text of a server-sent event stream to events, as the HTML standard reads it. Pure: pieces in, events out, whatever the cuts between pieces.

export interface StreamEvent {
  readonly id: string | undefined;
  readonly event: string;
  readonly data: string;
}

/** No event of the API is that long; a stream that says more without an end is not one of it. */
export const MAX_EVENT_CHARACTERS = 8_000_000;

export interface StreamReader {
  /** The events that this piece completes. */
  push(piece: string): StreamEvent[];
}

export function streamReader(): StreamReader {
  let rest = '';
  let id: string | undefined;
  let event = '';
  let data: string[] = [];
  const line = (text: string): StreamEvent | undefined => {
    if (text === '') {
      const whole = data.length === 0 ? undefined : { id, event: event === '' ? 'message' : event, data: data.join('\n') };
      event = '';
      data = [];
      return whole;
    }
    const { field, value } = fieldOf(text);
    if (field === 'data') data.push(value);
    else if (field === 'event') event = value;
    else if (field === 'id' && !value.includes('\0')) id = value;
    return undefined;
  };
  return {
    push(piece) {
      rest += piece;
      if (rest.length > MAX_EVENT_CHARACTERS) throw new Error('An event of the stream is too long.');
      const lines = rest.split(/\r\n|\n|\r(?!$)/);
      rest = lines.pop() ?? '';
      return lines.flatMap((text) => line(text) ?? []);
    },
  };
}

/** `: a comment` has no field. */
function fieldOf(text: string): { field: string; value: string } {
  const colon = text.indexOf(':');
  if (colon === -1) return { field: text, value: '' };
  const value = text.slice(colon + 1);
  return { field: text.slice(0, colon), value: value.startsWith(' ') ? value.slice(1) : value };
}
