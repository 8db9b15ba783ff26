// The engine of Perfetto's viewer, which is made for a browser's worker, run by Node on a file of its requests.
// node engine.js FOLDER REQUESTS: what the engine replies goes to stdout, as it is.
"use strict";
const fs = require("node:fs");
const path = require("node:path");
const vm = require("node:vm");

const [folder, requests] = process.argv.slice(2);

/** Reads the engine's own files, as a browser's worker would from its server. */
class XMLHttpRequest {
  open(method, url) {
    this.url = url;
  }

  send() {
    const bytes = fs.readFileSync(path.join(folder, path.basename(this.url)));
    this.response = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length);
  }
}

const lent = { TextDecoder, TextEncoder, TypeError, URL, Uint8Array, WebAssembly, XMLHttpRequest, crypto, performance };
const scope = {
  ...lent,
  setTimeout,
  WorkerGlobalScope: Object,
  console: { ...console, log: console.error },
  location: { href: "http://localhost/engine_bundle.js" },
};
scope.self = scope;
const port = { onmessage: null, postMessage: (reply) => fs.writeSync(1, reply) };
vm.runInContext(fs.readFileSync(path.join(folder, "engine_bundle.js"), "utf8"), vm.createContext(scope));
scope.onmessage({ data: port });
setImmediate(() => port.onmessage({ data: new Uint8Array(fs.readFileSync(requests)) }));
