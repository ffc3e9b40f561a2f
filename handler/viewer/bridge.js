/**
 * JSON-RPC with the host over `postMessage`, as MCP Apps have it. Knows no method.
 */

"use strict";

/** A request that the host refused or could not serve. */
class HostError extends Error {}

class Bridge {
  /**
   * @param {Window} host Where messages go to, and the only place they are taken from.
   * @param {Window} own The window that messages arrive at.
   */
  constructor(host, own) {
    this.host = host;
    this.nextId = 1;
    /** @type {Map<number, {resolve: (result: any) => void, reject: (error: Error) => void}>} */
    this.pending = new Map();
    /** @type {Map<string, (params: any) => any>} */
    this.handlers = new Map();
    own.addEventListener("message", (event) => {
      if (event.source === host && event.data?.jsonrpc === "2.0") this.receive(event.data);
    });
  }

  /**
   * Ask the host. An aborted request is taken back there and never settles here.
   *
   * @param {string} method
   * @param {object} params
   * @param {AbortSignal} [signal]
   * @returns {Promise<any>} Its result; rejected with a HostError.
   */
  request(method, params, signal) {
    const id = this.nextId++;
    signal?.addEventListener("abort", () => {
      if (this.pending.delete(id)) this.notify("notifications/cancelled", { requestId: id });
    });
    return new Promise((resolve, reject) => {
      this.pending.set(id, { resolve, reject });
      this.send({ id, method, params });
    });
  }

  /**
   * @param {string} method
   * @param {object} params
   */
  notify(method, params) {
    this.send({ method, params });
  }

  /**
   * @param {string} method Of requests and notifications of the host.
   * @param {(params: any) => any} handler What it returns answers a request.
   */
  on(method, handler) {
    this.handlers.set(method, handler);
  }

  /** @param {any} message */
  receive(message) {
    if (typeof message.method === "string") {
      const handler = this.handlers.get(message.method);
      const result = handler?.(message.params ?? {}) ?? {};
      if (message.id === undefined) return;
      this.send(
        handler
          ? { id: message.id, result }
          : { id: message.id, error: { code: -32601, message: "Method not found" } },
      );
      return;
    }
    const waiting = this.pending.get(message.id);
    if (!waiting) return;
    this.pending.delete(message.id);
    if (message.error) waiting.reject(new HostError(String(message.error.message ?? "refused")));
    else waiting.resolve(message.result);
  }

  /** @param {object} message */
  send(message) {
    // The host's origin is unknown until it answers, and nothing that is sent is a secret.
    this.host.postMessage({ jsonrpc: "2.0", ...message }, "*");
  }
}
