// Questions and answers by promise over a few keep-alive connections: for benchmarks, where a client library costs as much as what it measures.
import { Wire } from './wire.ts';

export interface Asker {
  /** The text of a request to the text of its answer. Rejects when the connection ends under it. */
  ask(request: string): Promise<string>;
  close(): void;
}

interface Asked {
  readonly request: string;
  readonly resolve: (answer: string) => void;
  readonly reject: (error: Error) => void;
}

export function openAsker(port: number, most: number): Asker {
  const idle: Wire[] = [];
  const waiting: Asked[] = [];
  const underWay = new Map<Wire, Asked>();
  const wires = new Set<Wire>();

  function free(wire: Wire): void {
    const next = waiting.shift();
    if (next === undefined) idle.push(wire);
    else send(wire, next);
  }

  function send(wire: Wire, asked: Asked): void {
    underWay.set(wire, asked);
    wire.send(asked.request);
  }

  function open(): void {
    const wire = new Wire(port, {
      opened: free,
      answered: (_wire, text) => {
        const asked = underWay.get(wire);
        underWay.delete(wire);
        if (wire.isUsable) free(wire);
        asked?.resolve(text);
      },
      closed: () => {
        wires.delete(wire);
        if (idle.includes(wire)) idle.splice(idle.indexOf(wire), 1);
        underWay.get(wire)?.reject(new Error('the connection ended under a request'));
        underWay.delete(wire);
      },
    });
    wires.add(wire);
  }

  return {
    ask: (request) =>
      new Promise((resolve, reject) => {
        const asked = { request, resolve, reject };
        const wire = idle.pop();
        if (wire !== undefined) return send(wire, asked);
        waiting.push(asked);
        if (wires.size < most) open();
      }),
    close: () => {
      for (const wire of wires) wire.close();
    },
  };
}
