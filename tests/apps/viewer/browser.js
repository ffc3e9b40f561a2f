/** Headless Chromium with the host in it, and the viewer in the host. */

import { existsSync } from "node:fs";
import { chromium } from "playwright-core";

const EXECUTABLE = process.env.CHROMIUM ?? "/usr/bin/chromium";
const SWITCHES = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--no-proxy-server",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];
const POLICY = /Content Security Policy directive: "(\S+)/;
const PATIENCE_MS = 30_000;

export async function startBrowser() {
  if (!existsSync(EXECUTABLE)) {
    throw new Error(`${EXECUTABLE} is not there; install chromium, or name it with CHROMIUM=...`);
  }
  return await chromium.launch({ executablePath: EXECUTABLE, args: SWITCHES });
}

/**
 * A page with a connected host, and the viewer mounted in it.
 *
 * @param {import("playwright-core").Browser} browser
 * @param {{host: string, sandbox: string}} addresses
 * @param {{endpoint: string, key: string}} stack
 * @param {object} [options] See `Host.mount`; `page` is for the browser's page.
 */
export async function openViewer(browser, addresses, stack, { page: pageOptions, ...options } = {}) {
  const context = await browser.newContext({ viewport: { width: 720, height: 900 }, ...pageOptions });
  context.setDefaultTimeout(PATIENCE_MS);
  const page = await context.newPage();
  const violations = [];
  const errors = [];
  page.on("pageerror", (error) => errors.push(error.message));
  page.on("console", (message) => {
    const directive = POLICY.exec(message.text())?.[1];
    // The official client asks for a stream, which this server does not have.
    const ofClient = message.location().url === stack.endpoint;
    if (directive) violations.push({ directive, text: message.text() });
    else if (message.type() === "error" && !ofClient) errors.push(message.text());
  });
  await page.goto(addresses.host);
  await page.waitForFunction(() => window.host);
  await page.evaluate((server) => window.host.connect(server), {
    endpoint: stack.endpoint,
    key: stack.key,
  });
  const mounting = { sandbox: addresses.sandbox, ...options };
  await page.evaluate((chosen) => window.host.mount(chosen), mounting);
  const frame = page.frameLocator("iframe");
  const viewer = options.direct ? frame : frame.frameLocator("iframe");
  return {
    page,
    viewer,
    violations,
    errors,
    /** Call a tool as the model would; resolves once the viewer has its result. */
    run: (tool, args) => page.evaluate(([name, input]) => window.host.run(name, input), [tool, args]),
    /** Do something with the host, in its page. */
    host: (task, argument) => page.evaluate(task, argument),
    log: async (kind) =>
      (await page.evaluate(() => window.host.log)).filter((entry) => !kind || entry.kind === kind),
    phase: (name) => viewer.locator(`#viewer[data-phase="${name}"]`).waitFor(),
    close: () => context.close(),
  };
}
