/** Serves the host and, on another origin and under the viewer's own policy, the sandbox. */

import { build } from "esbuild";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { fileURLToPath } from "node:url";

const path = (name) => fileURLToPath(new URL(name, import.meta.url));

/** @returns {Promise<{host: string, sandbox: string, close: () => void}>} Their addresses. */
export async function serveHost() {
  const bundled = await build({
    entryPoints: [path("host.js")],
    bundle: true,
    format: "esm",
    target: "es2022",
    write: false,
  });
  const pages = {
    "/": ["text/html", await readFile(path("host.html"))],
    "/host.js": ["text/javascript", bundled.outputFiles[0].contents],
  };
  const host = await listening((request, response) => {
    const [type, body] = pages[request.url] ?? [];
    response.writeHead(body ? 200 : 404, { "Content-Type": type ?? "text/plain" }).end(body);
  });
  const page = await readFile(path("sandbox.html"));
  const sandbox = await listening((request, response) => {
    const csp = JSON.parse(new URL(request.url, "http://any").searchParams.get("csp") ?? "{}");
    const headers = { "Content-Type": "text/html", "Content-Security-Policy": policy(csp) };
    response.writeHead(200, headers).end(page);
  });
  return {
    host: `http://127.0.0.1:${host.address().port}/`,
    // Another name of this machine is another origin.
    sandbox: `http://localhost:${sandbox.address().port}/`,
    close: () => [host, sandbox].forEach((server) => (server.close(), server.closeAllConnections())),
  };
}

function listening(serve) {
  return new Promise((resolve) => {
    const server = createServer(serve);
    server.listen(0, "127.0.0.1", () => resolve(server));
  });
}

/** The policy that the specification makes of a resource's metadata. */
function policy({ connectDomains = [], resourceDomains = [], frameDomains = [], baseUriDomains = [] }) {
  const resources = resourceDomains.join(" ");
  return [
    "default-src 'none'",
    `script-src 'self' 'unsafe-inline' ${resources}`,
    `style-src 'self' 'unsafe-inline' ${resources}`,
    `connect-src 'self' ${connectDomains.join(" ")}`,
    `img-src 'self' data: ${resources}`,
    `font-src 'self' ${resources}`,
    `media-src 'self' data: ${resources}`,
    // The proxy's own inner frame is about:blank, which this does not concern.
    `frame-src ${frameDomains.join(" ") || "'none'"}`,
    "object-src 'none'",
    `base-uri ${baseUriDomains.join(" ") || "'self'"}`,
  ].join("; ");
}
