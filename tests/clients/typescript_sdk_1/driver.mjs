// The official TypeScript SDK, 1.x.

import { readFileSync } from "node:fs";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { AUTHORIZATION, converse, ENDPOINT, report } from "../shared/driving.mjs";

const manifest = new URL("node_modules/@modelcontextprotocol/sdk/package.json", import.meta.url);
const client = new Client({ name: "driver", version: "1.0.0" });
await client.connect(
  new StreamableHTTPClientTransport(new URL(ENDPOINT), { requestInit: { headers: AUTHORIZATION } }),
);
const { tools } = await client.listTools();
const calls = await converse(
  async (name, args) => (await client.callTool({ name, arguments: args })).content,
);
await client.close();
report(JSON.parse(readFileSync(manifest)).version, tools.map((tool) => tool.name), calls);
