// The official TypeScript SDK, 2.x.

import { readFileSync } from "node:fs";
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { AUTHORIZATION, converse, ENDPOINT, PROTOCOL, report } from "../shared/driving.mjs";

const manifest = new URL("node_modules/@modelcontextprotocol/client/package.json", import.meta.url);
const options = PROTOCOL ? { versionNegotiation: { mode: PROTOCOL } } : {};
const client = new Client({ name: "driver", version: "1.0.0" }, options);
await client.connect(
  new StreamableHTTPClientTransport(new URL(ENDPOINT), { requestInit: { headers: AUTHORIZATION } }),
);
const { tools } = await client.listTools();
const calls = await converse(
  async (name, args) => (await client.callTool({ name, arguments: args })).content,
);
await client.close();
report(JSON.parse(readFileSync(manifest)).version, tools.map((tool) => tool.name), calls);
