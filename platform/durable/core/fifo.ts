// First in, first out, in constant time and without room for what has left.
// Called by fair-queue.ts and ../lanes.ts.

interface Link<T> {
  readonly value: T;
  next: Link<T> | undefined;
}

export class Fifo<T> {
  private head: Link<T> | undefined;
  private tail: Link<T> | undefined;

  push(value: T): void {
    const link: Link<T> = { value, next: undefined };
    if (this.tail === undefined) this.head = link;
    else this.tail.next = link;
    this.tail = link;
  }

  shift(): T | undefined {
    const link = this.head;
    if (link === undefined) return undefined;
    this.head = link.next;
    if (this.head === undefined) this.tail = undefined;
    return link.value;
  }

  get first(): T | undefined {
    return this.head?.value;
  }
}
