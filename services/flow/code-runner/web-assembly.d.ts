// Node has it, its types do not: the little that the runner and quickjs-wasi name.
declare namespace WebAssembly {
  class Module {
    constructor(bytes: BufferSource);
  }
  class Memory {
    readonly buffer: ArrayBuffer;
  }
}
type BufferSource = ArrayBuffer | ArrayBufferView;
