/** A thread that helps the engine: it serves until it is terminated. */

self.onmessage = ({ data: { module, memory, stackTop } }) => {
  const fail = () => {
    throw new Error("a thread of the engine failed");
  };
  const { exports } = new WebAssembly.Instance(module, { env: { memory, fail } });
  exports.mnv2_serve(stackTop);
};
