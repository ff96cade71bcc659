// One keep-alive connection to a server on this machine, as cheap as it can be: the text of a request goes out, the text of its answer
// comes back. No client library and no stream events, so that the load does not weigh on the machine that carries it.
// I1 One request is under way at a time. I2 An answer has a length; one that says "connection: close" is the connection's last.
import { connect, type Socket } from 'node:net';

const READ_BYTES = 65_536;
/** All connections of a process read into this one: what came is taken out before the next read. */
const shared = Buffer.allocUnsafeSlow(READ_BYTES);

export interface WireEvents {
  opened(wire: Wire): void;
  /** Head and body as they came, one character a byte. */
  answered(wire: Wire, text: string): void;
  /** `underWay`: its request has no answer. */
  closed(wire: Wire, underWay: boolean, neverOpened: boolean): void;
}

export class Wire {
  private readonly socket: Socket;
  private readonly events: WireEvents;
  private text = '';
  private underWay = false;
  private isLast = false;
  private isOpened = false;

  constructor(port: number, events: WireEvents) {
    this.events = events;
    this.socket = connect({
      port,
      host: '127.0.0.1',
      noDelay: true,
      onread: {
        buffer: shared,
        callback: (count) => {
          this.read(shared.toString('latin1', 0, count));
          return true;
        },
      },
    });
    this.socket.on('connect', () => {
      this.isOpened = true;
      events.opened(this);
    });
    // What is wrong with it is told by its close.
    this.socket.on('error', () => undefined);
    this.socket.on('close', () => events.closed(this, this.underWay, !this.isOpened));
  }

  send(request: string): void {
    this.underWay = true;
    this.socket.write(request, 'latin1');
  }

  close(): void {
    this.socket.destroy();
  }

  private read(part: string): void {
    // Said without being asked: the server gives up an idle connection.
    if (!this.underWay) return this.close();
    this.text = this.text === '' ? part : this.text + part;
    const end = wholeLength(this.text);
    if (end === undefined || this.text.length < end) return;
    const { text } = this;
    this.text = '';
    this.underWay = false;
    this.isLast = text.includes('onnection: close');
    if (this.isLast) this.socket.destroy();
    this.events.answered(this, text);
  }

  /** False after the last answer: the next request needs another connection. */
  get isUsable(): boolean {
    return !this.isLast && !this.socket.destroyed;
  }
}

const LENGTH = /ontent-length: (\d+)/i;

/** How long the answer is, head and body; undefined while the head is not there. */
function wholeLength(text: string): number | undefined {
  const end = text.indexOf('\r\n\r\n');
  return end < 0 ? undefined : end + 4 + Number(LENGTH.exec(text)?.[1] ?? 0);
}

export const statusOf = (text: string): number => Number(text.slice(9, 12));
export const bodyOf = (text: string): string => text.slice(text.indexOf('\r\n\r\n') + 4);
