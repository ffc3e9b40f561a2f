/** A running `images-mcp serve`, with a directory of its own. */

import { execFile, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const COMMAND = fileURLToPath(new URL("../../../.venv/bin/images-mcp", import.meta.url));
const START_MS = 60_000;
const run = promisify(execFile);

/** How long `generate_image` waits in this stack, so that tests see what comes after. */
export const WAIT_SECONDS = 4;

export async function startStack() {
  const directory = await mkdtemp(join(tmpdir(), "viewer-"));
  const data = join(directory, "stack");
  const child = spawn(COMMAND, ["serve", "--port", "0", "--data", data, "--credits", "50"], {
    env: { ...process.env, WAIT_SECONDS: String(WAIT_SECONDS) },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = new Promise((resolve) => child.once("exit", resolve));
  const banner = await new Promise((resolve, reject) => {
    let text = "";
    const timer = setTimeout(() => reject(new Error(`no start within a minute: ${text}`)), START_MS);
    child.once("exit", (code) => reject(new Error(`serve ended with ${code}: ${text}`)));
    child.stdout.on("data", (part) => {
      text += part;
      if (!text.includes("Stop it with")) return;
      clearTimeout(timer);
      resolve(text);
    });
  });
  return {
    endpoint: /endpoint\s+(\S+)/.exec(banner)[1],
    key: /key\s+(\S+)/.exec(banner)[1],
    /** An operator's command on it. */
    command: async (...words) => (await run(COMMAND, [...words, "--data", data, "--json"])).stdout,
    close: async () => {
      child.kill("SIGTERM");
      await ended;
      await rm(directory, { recursive: true, force: true });
    },
  };
}
