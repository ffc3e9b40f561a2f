/** Renews the pictures of docs/viewer.md: the viewer in its states, light and dark. */

import { execFileSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { openViewer, startBrowser } from "./browser.js";
import { serveHost } from "./host/serve.js";
import { startStack } from "./stack.js";

const root = (path) => fileURLToPath(new URL(`../../../${path}`, import.meta.url));
const TARGET = process.env.TARGET ?? root("docs/viewer");
const FONTS = { styles: { variables: { "--font-sans": "Inter, sans-serif" } } };
const SETTLING_MS = 900;
const MARGIN = 24;

const lighthouse = "A lighthouse on a rocky island at dusk, its beam over a calm sea, golden hour";
const valley = "A misty valley with a river and pine forest, snow-capped mountains, early morning";
const tower = "A night city with tall towers in the rain";

/** By name: how the viewer gets there. */
const STATES = {
  working: {
    async arrive({ viewer, run }) {
      const input = { prompt: valley, aspect_ratio: "3:2", delay_seconds: 40 };
      await run("generate_image", { model_id: "local/sketch", input });
      await viewer.locator("#elapsed", { hasText: /0:1\d/ }).waitFor();
    },
  },
  one: {
    async arrive({ run, phase }) {
      const input = { prompt: lighthouse, aspect_ratio: "16:9", seed: 7 };
      await run("generate_image", { model_id: "local/sketch", input });
      await phase("succeeded");
    },
  },
  several: {
    theme: "dark",
    async arrive({ viewer, run, phase }) {
      const input = { prompt: valley, aspect_ratio: "3:2", num_outputs: 4, seed: 20 };
      await run("generate_image", { model_id: "local/sketch", input });
      await phase("succeeded");
      await viewer.locator("#thumb-2").click();
      await viewer.locator("#thumb-2").blur();
    },
  },
  failed: {
    theme: "dark",
    async arrive({ run, phase }) {
      const reason = "the prompt was refused by the provider's safety system";
      const input = { prompt: lighthouse, fail_with: reason };
      await run("generate_image", { model_id: "local/sketch", input });
      await phase("failed");
    },
  },
  refused: {
    async arrive({ run, phase }) {
      const input = { prompt: valley, aspect_ratio: "4:3" };
      await run("generate_image", { model_id: "local/sketch", input });
      await phase("refused");
    },
  },
  expired: {
    theme: "dark",
    async arrive({ host, phase }) {
      const id = randomUUID();
      const text = JSON.stringify({ id, status: "processing" });
      await host(
        async ([prompt, answer]) => {
          const args = { model_id: "local/sketch", input: { prompt } };
          await window.host.bridge.sendToolInput({ arguments: args });
          await window.host.bridge.sendToolResult({ content: [{ type: "text", text: answer }] });
        },
        [lighthouse, text],
      );
      await phase("expired");
    },
  },
  narrow: {
    width: 368,
    async arrive({ run, phase }) {
      const input = { prompt: tower, aspect_ratio: "9:16", output_format: "webp", seed: 3 };
      await run("generate_image", { model_id: "local/sketch", input });
      await phase("succeeded");
    },
  },
};

const wanted = process.argv.slice(2);
const stack = await startStack();
const addresses = await serveHost();
const browser = await startBrowser();
const pictures = [];
mkdirSync(TARGET, { recursive: true });
try {
  for (const [name, { theme = "light", width = 688, arrive }] of Object.entries(STATES)) {
    if (wanted.length && !wanted.includes(name)) continue;
    const page = { viewport: { width, height: 1400 }, colorScheme: theme };
    const opened = await openViewer(browser, addresses, stack, { context: { theme, ...FONTS }, page });
    await opened.host((dark) => document.body.classList.toggle("dark", dark), theme === "dark");
    await arrive(opened);
    await opened.page.mouse.move(0, 0);
    await opened.page.waitForTimeout(SETTLING_MS);
    const path = `${TARGET}/${name}.png`;
    const { height } = await opened.page.locator("#place").boundingBox();
    const clip = { x: 0, y: 0, width, height: height + 2 * MARGIN };
    await opened.page.screenshot({ path, clip });
    await opened.close();
    pictures.push(path);
  }
} finally {
  await browser.close();
  addresses.close();
  await stack.close();
}
const python = [root(".venv/bin/python"), ["-m", "infra.small_png", ...pictures]];
execFileSync(...python, { cwd: root("."), stdio: "inherit" });
