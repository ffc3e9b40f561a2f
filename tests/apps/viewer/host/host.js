/**
 * A host of MCP Apps, in a page: the official client talks to the server, the official bridge to the
 * viewer, which stands in a sandbox of another origin as the specification asks of web hosts.
 *
 * Tests drive it through `window.host`.
 */

import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import {
  AppBridge,
  PostMessageTransport,
  RESOURCE_MIME_TYPE,
  buildAllowAttribute,
  getToolUiResourceUri,
} from "@modelcontextprotocol/ext-apps/app-bridge";

const INFO = { name: "test-host", version: "1.0.0" };
const CAPABILITIES = {
  openLinks: {},
  downloadFile: {},
  serverTools: {},
  updateModelContext: { text: {} },
};

class Host {
  /** Everything that the viewer asked for, in order. */
  log = [];
  /** What the next calls of tools do instead of reaching the server. */
  faults = [];

  /** @param {{endpoint: string, key: string}} server */
  async connect({ endpoint, key }) {
    const extensions = { "io.modelcontextprotocol/ui": { mimeTypes: [RESOURCE_MIME_TYPE] } };
    this.client = new Client(INFO, { capabilities: { extensions } });
    const headers = { Authorization: `Bearer ${key}` };
    await this.client.connect(
      new StreamableHTTPClientTransport(new URL(endpoint), { requestInit: { headers } }),
    );
    this.tools = new Map((await this.client.listTools()).tools.map((tool) => [tool.name, tool]));
  }

  /**
   * Mount the viewer as for a call of `tool`; nothing is called yet.
   *
   * @param {{sandbox: string, tool?: string, capabilities?: object, context?: object,
   *   resourceDomains?: string[], permissions?: object, silent?: boolean, direct?: boolean}} options
   *   `direct` is as in desktop hosts: one frame, without an origin of its own.
   */
  async mount({ sandbox, tool = "generate_image", capabilities = {}, context = {}, ...options }) {
    const uri = getToolUiResourceUri(this.tools.get(tool));
    const [content] = (await this.client.readResource({ uri })).contents;
    if (content.mimeType !== RESOURCE_MIME_TYPE) throw new Error(content.mimeType);
    const { csp, permissions } = content._meta.ui;
    this.policy = { ...csp, ...(options.resourceDomains && { resourceDomains: options.resourceDomains }) };

    const frame = document.createElement("iframe");
    frame.title = "Viewer";
    document.querySelector("#place").replaceChildren(frame);
    if (options.direct) frame.sandbox = "allow-scripts";
    else await this.openSandbox(frame, sandbox, options.permissions ?? permissions);

    const given = { theme: "light", displayMode: "inline", availableDisplayModes: ["inline"] };
    const hostContext = { ...given, toolInfo: { tool: this.tools.get(tool) }, ...context };
    const bridge = new AppBridge(null, INFO, { ...CAPABILITIES, ...capabilities }, { hostContext });
    this.answer(bridge, frame);
    const initialized = new Promise((resolve) => bridge.addEventListener("initialized", resolve));
    if (!options.silent) {
      await bridge.connect(new PostMessageTransport(frame.contentWindow, frame.contentWindow));
    }
    this.bridge = bridge;
    const params = { html: content.text, csp: this.policy, permissions: options.permissions ?? permissions };
    const message = { jsonrpc: "2.0", method: "ui/notifications/sandbox-resource-ready", params };
    if (options.direct) frame.srcdoc = content.text;
    else frame.contentWindow.postMessage(message, "*");
    if (!options.silent) await initialized;
  }

  /**
   * @param {HTMLIFrameElement} frame
   * @param {string} address
   * @param {object} permissions
   */
  async openSandbox(frame, address, permissions) {
    frame.sandbox = "allow-scripts allow-same-origin allow-forms";
    frame.allow = buildAllowAttribute(permissions);
    const ready = new Promise((resolve) => {
      window.addEventListener("message", ({ source, data }) => {
        if (source === frame.contentWindow && data?.method?.endsWith("/sandbox-proxy-ready")) resolve();
      });
    });
    frame.src = `${address}?csp=${encodeURIComponent(JSON.stringify(this.policy))}`;
    await ready;
  }

  /**
   * @param {AppBridge} bridge
   * @param {HTMLIFrameElement} frame
   */
  answer(bridge, frame) {
    const note = (kind, params) => this.log.push({ kind, params, atMs: performance.now() });
    bridge.oncalltool = async (params, extra) => {
      note("call", params);
      const signal = extra?.mcpReq?.signal ?? extra?.signal;
      signal?.addEventListener("abort", () => note("cancelled", params));
      const fault = this.faults.shift();
      if (fault === "error") throw new Error("the server cannot be reached");
      if (fault) return fault;
      const result = await this.client.callTool(params, { signal });
      note("answer", JSON.parse(result.isError ? "{}" : result.content[0].text));
      return result;
    };
    bridge.onopenlink = async (params) => {
      note("open", params);
      return this.refusing ? { isError: true } : {};
    };
    bridge.ondownloadfile = async (params) => {
      note("download", params);
      return this.refusing ? { isError: true } : {};
    };
    bridge.onupdatemodelcontext = async (params) => {
      note("context", params);
      return {};
    };
    bridge.addEventListener("sizechange", (size) => {
      note("size", size);
      if (size.height && !this.fixed) frame.style.height = `${size.height}px`;
    });
  }

  /** Call the tool as the model would, and hand everything to the viewer as it comes. */
  async run(tool, args) {
    await this.bridge.sendToolInput({ arguments: args });
    const result = await this.client.callTool({ name: tool, arguments: args });
    await this.bridge.sendToolResult(result);
    return result;
  }
}

window.host = new Host();
