/** The viewer in a real host, over a running stack. */

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { createRequire } from "node:module";
import { readFile } from "node:fs/promises";
import { after, before, describe, test } from "node:test";
import { openViewer, startBrowser } from "./browser.js";
import { serveHost } from "./host/serve.js";
import { startStack } from "./stack.js";

const MODEL = "local/sketch";
const PROMPT = "a lighthouse at dusk";
const QUIET_MS = 2_500;
const AXE = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

let stack, addresses, browser;
before(async () => {
  [stack, addresses, browser] = await Promise.all([startStack(), serveHost(), startBrowser()]);
});
after(async () => {
  await browser?.close();
  addresses?.close();
  await stack?.close();
});

/** Run `body` with a mounted viewer, which must end without a complaint of the browser's. */
async function withViewer(options, body) {
  const opened = await openViewer(browser, addresses, stack, options);
  try {
    await body(opened);
    assert.deepEqual(opened.errors, []);
    assert.deepEqual(opened.violations, []);
  } finally {
    await opened.close();
  }
}

const generate = (opened, input) =>
  opened.run("generate_image", { model_id: MODEL, input: { prompt: PROMPT, ...input } });

/** Results of earlier tests by their input: pictures take time to paint. */
const painted = new Map();

/** A viewer with finished images; returns what the server says of them. */
async function made(opened, input = {}) {
  const args = { model_id: MODEL, input: { prompt: PROMPT, ...input } };
  const known = painted.get(JSON.stringify(args));
  if (known) await show(opened, args, ...known);
  else await opened.run("generate_image", args);
  await opened.phase("succeeded");
  await opened.viewer.locator(".fact-cost").waitFor();
  await opened.viewer.locator(".fact-size").waitFor();
  const generation = (await opened.log("answer")).at(-1).params;
  if (!known) {
    const call = (id) => window.host.client.callTool({ name: "get_generation", arguments: { id } });
    const [text, ...previews] = (await opened.host(call, generation.id)).content;
    const { model, cost, ...asGenerated } = JSON.parse(text.text);
    painted.set(JSON.stringify(args), [textOf(asGenerated), ...previews]);
  }
  return generation;
}

const show = (opened, args, ...blocks) =>
  opened.host(
    async ([input, result]) => {
      await window.host.bridge.sendToolInput({ arguments: input });
      if (result) await window.host.bridge.sendToolResult(result);
    },
    [args, blocks.length ? { content: blocks } : undefined],
  );
const textOf = (value) => ({ type: "text", text: JSON.stringify(value) });
const frameOf = (opened) => opened.page.frames().at(-1);
const factsOf = async ({ viewer }) => (await viewer.locator("#facts dd").allTextContents()).join(" | ");
const noteOf = ({ viewer }) => viewer.locator("#note").textContent();
const titleOf = ({ viewer }) => viewer.locator("#notice-title").textContent();
const announced = ({ viewer }) => viewer.locator("#announcer").textContent();

async function eventually(read, expected) {
  const until = Date.now() + 20_000;
  for (;;) {
    const value = await read();
    if (value === expected || Date.now() > until) {
      assert.equal(value, expected);
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** What axe-core finds in the viewer's own document. */
async function violationsOfAccessibility(opened) {
  const frame = frameOf(opened);
  await frame.evaluate(AXE);
  const { violations } = await frame.evaluate(() => window.axe.run(document));
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`);
}

/** Each state: how it is reached. */
const STATES = {
  waiting: (opened) => opened.phase("waiting"),
  working: async (opened) => {
    await generate(opened, { delay_seconds: 60 });
    await opened.phase("working");
  },
  "succeeded with one": (opened) => made(opened),
  "succeeded with four": (opened) => made(opened, { num_outputs: 4, prompt: `${PROMPT}, `.repeat(40) }),
  failed: async (opened) => {
    await generate(opened, { fail_with: "the vendor was out of paint" });
    await opened.phase("failed");
  },
  refused: async (opened) => {
    await generate(opened, { aspect_ratio: "4:3" });
    await opened.phase("refused");
  },
  expired: async (opened) => {
    await show(opened, { id: randomUUID() }, textOf({ id: randomUUID(), status: "processing" }));
    await opened.phase("expired");
  },
};

describe("what it shows", () => {
  test("before anything has arrived: that an image is being made, and that closing is safe", () =>
    withViewer({}, async (opened) => {
      await opened.phase("waiting");
      assert.equal(await opened.viewer.locator("#working-title").textContent(), "Making your image");
      assert.match(await noteOf(opened), /close this\. The image is kept/);
      assert.equal(await opened.viewer.locator("#viewer").getAttribute("aria-busy"), "true");
      assert.equal(await announced(opened), "Waiting for the image.");
    }));

  test("the prompt while the model is still writing it, then whole", () =>
    withViewer({}, async (opened) => {
      await opened.host(() =>
        window.host.bridge.sendToolInputPartial({ arguments: { input: { prompt: "a light" } } }),
      );
      const prompt = opened.viewer.locator("#prompt");
      await eventually(() => prompt.textContent(), "a light");
      await show(opened, { model_id: MODEL, input: { prompt: PROMPT, num_outputs: 2 } });
      await eventually(() => prompt.textContent(), PROMPT);
      assert.equal(await opened.viewer.locator("#working-title").textContent(), "Making your images");
      assert.equal(await factsOf(opened), `In progress | ${MODEL}`);
    }));

  test("one image: large, named by its prompt, with model, size, format and cost", () =>
    withViewer({}, async (opened) => {
      const { images } = await made(opened, { aspect_ratio: "16:9" });
      const picture = opened.viewer.locator("#picture");
      assert.equal(await picture.getAttribute("alt"), PROMPT);
      assert.equal(await picture.getAttribute("src"), images[0].url);
      assert.equal(await picture.evaluate((image) => image.naturalWidth), 1024);
      assert.equal(await picture.evaluate((image) => image.clientWidth), await widthOf(opened));
      assert.equal(await factsOf(opened), `Ready | ${MODEL} | 1024 × 576 | PNG | $0.002`);
      assert.equal(await opened.viewer.locator("#thumbs").isVisible(), false);
      assert.equal(await opened.viewer.locator("#stage").getAttribute("role"), null);
      assert.equal(await announced(opened), "The image is ready.");
      assert.equal(await opened.viewer.locator("#viewer").getAttribute("aria-busy"), "false");
    }));

  test("four images: a gallery, by pointer and thumbnail", () =>
    withViewer({}, async (opened) => {
      const { images } = await made(opened, { num_outputs: 4 });
      const source = () => opened.viewer.locator("#picture").getAttribute("src");
      assert.equal(await opened.viewer.getByRole("tab").count(), 4);
      assert.equal(await announced(opened), "4 images are ready.");
      const alt = () => opened.viewer.locator("#picture").getAttribute("alt");
      assert.equal(await alt(), `Image 1 of 4: ${PROMPT}`);
      await opened.viewer.locator("#back").click();
      await eventually(source, images[3].url);
      await opened.viewer.locator("#on").click();
      await eventually(source, images[0].url);
      await opened.viewer.locator("#thumb-3").click();
      await eventually(source, images[2].url);
      assert.equal(await alt(), `Image 3 of 4: ${PROMPT}`);
      const small = opened.viewer.locator(".thumb img");
      assert.deepEqual(
        await small.evaluateAll((thumbs) => thumbs.map((thumb) => thumb.src.slice(0, 15))),
        Array(4).fill("data:image/jpeg"),
      );
    }));

  test("the preview at once, and the image when it has come", () =>
    withViewer({}, async (opened) => {
      let release;
      const held = new Promise((resolve) => (release = resolve));
      await opened.page.route("**/v1/images/files/**", async (route) => {
        await held;
        await route.continue();
      });
      const result = await generate(opened, { aspect_ratio: "21:9" });
      await opened.phase("succeeded");
      const picture = opened.viewer.locator("#picture");
      await eventually(async () => (await picture.getAttribute("src"))?.slice(0, 10), "data:image");
      const before = await picture.boundingBox();
      release();
      const { images } = JSON.parse(result.content[0].text);
      await eventually(() => picture.getAttribute("src"), images[0].url);
      // Nothing jumps but for the rounding of the preview's size.
      const later = await picture.boundingBox();
      assert.ok(Math.abs(before.height - later.height) < 3, `${before.height} ${later.height}`);
    }));

  test("a failure: its reason, and that nothing was charged", () =>
    withViewer({}, async (opened) => {
      await STATES.failed(opened);
      assert.equal(await titleOf(opened), "No image this time");
      const reason = await opened.viewer.locator("#notice-text").textContent();
      assert.equal(reason, "The vendor was out of paint");
      assert.equal(await opened.viewer.locator("#notice-note").textContent(), "Nothing was charged.");
      assert.equal(await opened.viewer.locator("#actions").isVisible(), false);
      assert.equal(
        await announced(opened),
        "No image this time. The vendor was out of paint. Nothing was charged.",
      );
    }));

  test("a refusal: why, in the server's words", () =>
    withViewer({}, async (opened) => {
      await STATES.refused(opened);
      assert.equal(await titleOf(opened), "Not started");
      assert.match(
        await opened.viewer.locator("#notice-text").textContent(),
        /^Invalid input: .*aspect_ratio.*'4:3'/,
      );
    }));

  test("an earlier generation that there is none of: that, and nothing of charges", () =>
    withViewer({ tool: "get_generation" }, async (opened) => {
      const id = randomUUID();
      await opened.run("get_generation", { id });
      await opened.phase("refused");
      assert.equal(await titleOf(opened), "Nothing to show");
      const text = await opened.viewer.locator("#notice-text").textContent();
      assert.equal(text, `Generation not found: ${id}`);
      assert.equal(await opened.viewer.locator("#notice-note").isVisible(), false);
    }));

  test("an earlier generation that is still being made, and then its image", () =>
    withViewer({ tool: "get_generation" }, async (opened) => {
      const id = await opened.host(async (model) => {
        const args = { model_id: model, input: { prompt: "a boat", delay_seconds: 12 } };
        const made = await window.host.client.callTool({ name: "generate_image", arguments: args });
        const { id } = JSON.parse(made.content[0].text);
        await window.host.bridge.sendToolInput({ arguments: { id } });
        return id;
      }, MODEL);
      const title = opened.viewer.locator("#working-title");
      await eventually(() => title.textContent(), "Fetching the image");
      await show(opened, { id }, textOf({ id, model: MODEL, status: "processing" }));
      await eventually(() => title.textContent(), "Making your image");
      assert.equal(await announced(opened), "The image is being made.");
      await opened.phase("succeeded");
      assert.equal(await opened.viewer.locator("#picture").getAttribute("alt"), "Generated image");
      assert.equal(await opened.viewer.locator("#prompt").isVisible(), false);
    }));

  test("that the operator has canceled it", () =>
    withViewer({}, async (opened) => {
      const { content } = await generate(opened, { delay_seconds: 600 });
      await opened.phase("working");
      await stack.command("generations", "cancel", JSON.parse(content[0].text).id);
      await opened.phase("canceled");
      assert.equal(await titleOf(opened), "Canceled");
      assert.equal(await opened.viewer.locator("#notice-note").textContent(), "Nothing was charged.");
    }));

  test("that images are kept no longer, when an old conversation is opened again", () =>
    withViewer({}, async (opened) => {
      const id = randomUUID();
      const url = `${new URL(stack.endpoint).origin}/v1/images/files/${id}/1.png`;
      const result = textOf({ id, status: "succeeded", images: [{ url }] });
      await show(opened, { model_id: MODEL, input: { prompt: PROMPT } }, result);
      await opened.phase("expired");
      assert.equal(await titleOf(opened), "No longer kept");
      assert.equal(await opened.viewer.locator("#picture").isVisible(), false);
      assert.equal(await opened.viewer.locator("#actions").isVisible(), false);
      // The browser says of an image that is gone what there is to say.
      assert.deepEqual(opened.errors.splice(0).filter((error) => !error.includes("404")), []);
    }));

  test("that the call was stopped in the host", () =>
    withViewer({}, async (opened) => {
      await show(opened, { model_id: MODEL, input: { prompt: PROMPT } });
      await opened.host(() => window.host.bridge.sendToolCancelled({ reason: "by the user" }));
      await opened.phase("stopped");
      assert.match(await opened.viewer.locator("#notice-note").textContent(), /ask for it in the chat/);
    }));

  test("an answer that it does not understand, as text", () =>
    withViewer({}, async (opened) => {
      await show(opened, {}, { type: "text", text: "<b>Something</b> else" });
      await opened.phase("unreadable");
      const shown = opened.viewer.locator("#notice-text");
      assert.equal(await shown.textContent(), "<b>Something</b> else");
    }));

  test("a prompt as text, whatever is in it", () =>
    withViewer({}, async (opened) => {
      const prompt = "<img src=x onerror=alert(1)><script>alert(2)</script>";
      await made(opened, { prompt });
      assert.equal(await opened.viewer.locator("#prompt").textContent(), prompt);
      assert.equal(await opened.viewer.locator("#prompt *").count(), 0);
      assert.equal(await opened.viewer.locator("#picture").getAttribute("alt"), prompt);
    }));

  test("a long prompt in three lines, and whole on demand", () =>
    withViewer({}, async (opened) => {
      await show(opened, { model_id: MODEL, input: { prompt: `${PROMPT}, `.repeat(60) } });
      const more = opened.viewer.getByRole("button", { name: "Show all" });
      await more.waitFor();
      const height = () => opened.viewer.locator("#prompt").evaluate((prompt) => prompt.clientHeight);
      const clamped = await height();
      await more.click();
      assert.ok((await height()) > clamped * 2);
      await opened.viewer.getByRole("button", { name: "Show less", expanded: true }).click();
      assert.equal(await height(), clamped);
    }));
});

const widthOf = (opened) => opened.page.locator("iframe").evaluate((frame) => frame.clientWidth);

describe("staying current", () => {
  test("it asks through the host until the image is there, and then no more", () =>
    withViewer({}, async (opened) => {
      const { content } = await generate(opened, { delay_seconds: 7 });
      const { id, status } = JSON.parse(content[0].text);
      assert.equal(status, "processing");
      await opened.phase("working");
      await opened.viewer.locator("#elapsed", { hasText: /^0:0[4-9]$/ }).waitFor();
      await opened.phase("succeeded");
      await opened.viewer.locator(".fact-cost").waitFor();
      const calls = await opened.log("call");
      assert.ok(calls.length >= 1 && calls.length <= 3, `${calls.length} calls`);
      for (const { params } of calls) {
        assert.deepEqual(params, { name: "get_generation", arguments: { id } });
      }
      await opened.page.waitForTimeout(QUIET_MS);
      assert.equal((await opened.log("call")).length, calls.length);
    }));

  test("it tells the model of an end that the model has not seen, once", () =>
    withViewer({}, async (opened) => {
      await generate(opened, { delay_seconds: 5 });
      await opened.phase("succeeded");
      await eventually(async () => (await opened.log("context")).length, 1);
      const [{ params }] = await opened.log("context");
      const told = JSON.parse(params.content[0].text);
      assert.deepEqual([told.status, told.images.length], ["succeeded", 1]);
    }));

  test("it says nothing of an end that came with the answer", () =>
    withViewer({}, async (opened) => {
      await made(opened);
      assert.deepEqual(await opened.log("context"), []);
      assert.equal((await opened.log("call")).length, 1);
    }));

  test("it bears with calls that fail, and says so", () =>
    withViewer({}, async (opened) => {
      await opened.host(() => (window.host.faults = ["error", "error"]));
      await generate(opened, { delay_seconds: 6 });
      await eventually(() => noteOf(opened), "No connection at the moment. Trying again.");
      await opened.phase("succeeded");
      assert.equal(await opened.viewer.locator("#note").isVisible(), false);
    }));

  test("it gives up in the end, and asks again when it is told to", () =>
    withViewer({}, async (opened) => {
      const refusal = { isError: true, content: [{ type: "text", text: "a person said no" }] };
      await opened.host((fault) => (window.host.faults = Array(6).fill(fault)), refusal);
      await generate(opened, { delay_seconds: 5 });
      const again = opened.viewer.getByRole("button", { name: "Try again" });
      await again.waitFor({ timeout: 50_000 });
      assert.match(await noteOf(opened), /no news of the image: a person said no\.$/);
      await again.click();
      await opened.phase("succeeded");
      assert.equal(await again.isVisible(), false);
    }));

  test("it does not try where the host lets it call nothing", () =>
    withViewer({ capabilities: { serverTools: undefined } }, async (opened) => {
      await generate(opened, { delay_seconds: 600 });
      await eventually(
        () => noteOf(opened),
        "This program does not let the page look for news. Ask for the image in the chat.",
      );
      assert.deepEqual(await opened.log("call"), []);
    }));

  test("it stops when the host takes it away, and takes its call back", () =>
    withViewer({}, async (opened) => {
      await generate(opened, { delay_seconds: 600 });
      await eventually(async () => (await opened.log("call")).length, 1);
      assert.deepEqual(await opened.host(() => window.host.bridge.teardownResource({})), {});
      await eventually(async () => (await opened.log("cancelled")).length, 1);
      await opened.page.waitForTimeout(QUIET_MS);
      assert.equal((await opened.log("call")).length, 1);
    }));

  test("it says so where nobody answers", async () => {
    const opened = await openViewer(browser, addresses, stack, { silent: true });
    await eventually(() => noteOf(opened), "The program that shows this page does not answer.");
    await opened.close();
  });

  test("it says what it is where there is no host at all", async () => {
    const page = await browser.newPage();
    await page.goto(new URL("../../../handler/viewer/page.html", import.meta.url).href);
    await page.locator('#viewer[data-phase="alone"]').waitFor();
    assert.equal(await page.locator("#notice-title").textContent(), "Nothing to show here");
    await page.close();
  });

  test("it needs no origin of its own, as in hosts that have one frame only", () =>
    withViewer({ direct: true }, async (opened) => {
      const { images } = await made(opened);
      assert.equal(await frameOf(opened).evaluate(() => window.origin), "null");
      await opened.viewer.getByRole("button", { name: "Open full size" }).click();
      await eventually(async () => (await opened.log("open"))[0]?.params.url, images[0].url);
      await opened.viewer.getByRole("button", { name: "Copy link" }).click();
      await eventually(() => opened.viewer.locator("#told").textContent(), "Link copied.");
      opened.errors.splice(0).forEach((error) => assert.match(error, /permissions policy/));
    }));

  test("it reports the size that it needs", () =>
    withViewer({}, async (opened) => {
      await made(opened);
      const frame = frameOf(opened);
      const wanted = () =>
        frame.evaluate(() => Math.ceil(document.querySelector("#viewer").getBoundingClientRect().height));
      await eventually(async () => {
        const sizes = await opened.log("size");
        return sizes.at(-1).params.height - (await wanted());
      }, 0);
      const overflow = () =>
        frame.evaluate(() => document.documentElement.scrollHeight - window.innerHeight);
      await eventually(overflow, 0);
    }));
});

describe("the policy", () => {
  const bucket = () => openedPolicy.then(([, origin]) => origin);
  const openedPolicy = new Promise((resolve) => {
    test("names the service and the bucket", () =>
      withViewer({}, async (opened) => {
        const { resourceDomains, connectDomains } = await opened.host(() => window.host.policy);
        assert.deepEqual(connectDomains, []);
        assert.equal(resourceDomains.length, 2);
        assert.equal(resourceDomains[0], new URL(stack.endpoint).origin);
        resolve(resourceDomains);
      }));
  });

  for (const missing of ["service", "bucket"]) {
    test(`is not wider than it must be: without the ${missing} no image is shown`, async () => {
      const both = [new URL(stack.endpoint).origin, await bucket()];
      const resourceDomains = both.slice(missing === "bucket" ? 0 : 1).slice(0, 1);
      const opened = await openViewer(browser, addresses, stack, { resourceDomains });
      await generate(opened, {});
      await opened.phase("succeeded");
      await eventually(async () => opened.violations.length, 1);
      assert.equal(opened.violations[0].directive, "img-src");
      // What came with the result is still shown, and the way out is named.
      const picture = opened.viewer.locator("#picture");
      assert.match(await picture.getAttribute("src"), /^data:image/);
      await eventually(
        () => noteOf(opened),
        "This is a small version: the full size cannot be shown here, but opened.",
      );
      await opened.viewer.getByRole("button", { name: "Open full size" }).click();
      await eventually(async () => (await opened.log("open")).length, 1);
      await opened.close();
    });
  }

  test("without a preview either, it says that the image can be opened", async () => {
    const opened = await openViewer(browser, addresses, stack, { resourceDomains: [] });
    const stripped = await opened.host(async (model) => {
      const args = { model_id: model, input: { prompt: "a boat" } };
      const result = await window.host.client.callTool({ name: "generate_image", arguments: args });
      window.host.faults = [{ isError: true, content: [] }];
      const content = result.content.slice(0, 1);
      await window.host.bridge.sendToolInput({ arguments: args });
      await window.host.bridge.sendToolResult({ content });
      return content;
    }, MODEL);
    assert.equal(stripped.length, 1);
    await eventually(() => titleOf(opened), "The image cannot be shown here");
    assert.equal(await opened.viewer.getByRole("button", { name: "Try again" }).isVisible(), true);
    assert.equal(await opened.viewer.getByRole("button", { name: "Copy link" }).isVisible(), true);
    assert.deepEqual(await violationsOfAccessibility(opened), []);
    await opened.close();
  });

  test("keeps the page from every other place", async () => {
    const opened = await openViewer(browser, addresses, stack);
    const frame = frameOf(opened);
    const loads = (url) =>
      frame.evaluate(
        (source) =>
          new Promise((resolve) => {
            const image = new Image();
            image.onload = () => resolve(true);
            image.onerror = () => resolve(false);
            image.src = source;
          }),
        url,
      );
    assert.equal(await loads(`${addresses.host}host.js`), false);
    await eventually(async () => opened.violations.length, 1);
    assert.equal(opened.violations[0].directive, "img-src");
    assert.match(opened.violations[0].text, /host\.js/);
    const fetched = await frame.evaluate(
      (url) => fetch(url).then(() => true, () => false),
      stack.endpoint,
    );
    assert.equal(fetched, false);
    await eventually(async () => opened.violations.length, 2);
    assert.equal(opened.violations[1].directive, "connect-src");
    await opened.close();
  });
});

describe("actions", () => {
  const button = (opened, name) => opened.viewer.getByRole("button", { name });
  const told = ({ viewer }) => viewer.locator("#told").textContent();

  test("open the shown image in the browser, also by its picture", () =>
    withViewer({}, async (opened) => {
      const { images } = await made(opened, { num_outputs: 2 });
      await button(opened, "Open full size").click();
      await opened.viewer.locator("#thumb-2").click();
      await opened.viewer.locator("#picture").click();
      await eventually(async () => (await opened.log("open")).length, 2);
      const urls = (await opened.log("open")).map(({ params }) => params.url);
      assert.deepEqual(urls, images.map(({ url }) => url));
    }));

  test("download through the host, under a telling name", () =>
    withViewer({}, async (opened) => {
      const { id, images } = await made(opened, { output_format: "jpeg" });
      await button(opened, "Download").click();
      await eventually(() => told(opened), "Saved.");
      const [{ params }] = await opened.log("download");
      const [{ type, uri, name, mimeType }] = params.contents;
      assert.deepEqual([type, uri, name, mimeType], [
        "resource_link",
        images[0].url,
        `${id}-1.jpg`,
        "image/jpeg",
      ]);
      await opened.host(() => (window.host.refusing = true));
      await button(opened, "Download").click();
      await eventually(() => told(opened), "The image was not saved.");
    }));

  test("download by the browser where the host saves nothing", () =>
    withViewer({ capabilities: { downloadFile: undefined } }, async (opened) => {
      const { images } = await made(opened);
      await button(opened, "Download").click();
      await eventually(() => told(opened), "Opened in the browser, where it can be saved.");
      assert.deepEqual((await opened.log("open"))[0].params, { url: images[0].url });
    }));

  test("offer the address where the host opens nothing", () =>
    withViewer({ capabilities: { downloadFile: undefined } }, async (opened) => {
      const { images } = await made(opened);
      await opened.host(() => (window.host.refusing = true));
      for (const name of ["Open full size", "Download"]) {
        await button(opened, name).click();
        const field = opened.viewer.getByLabel("Address of the image");
        await field.waitFor();
        const [value, start, end] = await field.evaluate((input) => [
          input.value,
          input.selectionStart,
          input.selectionEnd,
        ]);
        assert.deepEqual([value, start, end], [images[0].url, 0, value.length]);
        assert.match(await told(opened), /Copy the address instead\.$/);
      }
      assert.deepEqual(await violationsOfAccessibility(opened), []);
    }));

  for (const [way, permissions] of [["the clipboard", undefined], ["a selection", {}]]) {
    test(`copy the link by ${way}`, () =>
      withViewer({ permissions }, async (opened) => {
        const { images } = await made(opened);
        await opened.page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
        await button(opened, "Copy link").click();
        await eventually(() => told(opened), "Link copied.");
        const copied = await opened.page.evaluate(() => navigator.clipboard.readText());
        assert.equal(copied, images[0].url);
        // The focus is where it was, and what was told goes by itself.
        assert.equal(await frameOf(opened).evaluate(() => document.activeElement.id), "copy");
        await eventually(() => told(opened), "");
        // Chromium says that the first way was closed.
        if (permissions) assert.match(opened.errors.pop(), /permissions policy/);
      }));
  }
});

describe("for everyone", () => {
  for (const theme of ["light", "dark"]) {
    for (const [name, arrive] of Object.entries(STATES)) {
      test(`axe finds nothing in ${name}, ${theme}`, () =>
        withViewer({ context: { theme }, page: { colorScheme: "light" } }, async (opened) => {
          await arrive(opened);
          assert.deepEqual(await violationsOfAccessibility(opened), []);
        }));
    }
  }

  test("the keyboard reaches everything in the order that it is seen in", () =>
    withViewer({}, async (opened) => {
      const { images } = await made(opened, { num_outputs: 3, prompt: `${PROMPT}, `.repeat(40) });
      const focused = () =>
        frameOf(opened).evaluate(() => {
          const { id } = document.activeElement;
          const { outlineStyle, outlineWidth } = getComputedStyle(document.activeElement);
          return `${id} ${outlineStyle} ${outlineWidth}`;
        });
      const path = [];
      for (let step = 0; step < 6; step += 1) {
        await opened.page.keyboard.press("Tab");
        path.push(await focused());
      }
      const expected = ["stage", "thumb-1", "more", "open", "download", "copy"];
      assert.deepEqual(path, expected.map((id) => `${id} solid 2px`));

      await opened.viewer.locator("#thumb-1").focus();
      const source = () => opened.viewer.locator("#picture").getAttribute("src");
      const walk = [["ArrowRight", 1], ["ArrowRight", 2], ["ArrowRight", 0], ["ArrowLeft", 2]];
      for (const [key, index] of [...walk, ["Home", 0], ["End", 2]]) {
        await opened.page.keyboard.press(key);
        await eventually(source, images[index].url);
        assert.equal(await focused(), `thumb-${index + 1} solid 2px`);
      }
      await opened.viewer.locator("#stage").focus();
      await opened.page.keyboard.press("ArrowLeft");
      await eventually(source, images[1].url);
      assert.match(await focused(), /^stage /);

      await opened.viewer.locator("#open").focus();
      await opened.page.keyboard.press("Enter");
      await opened.viewer.locator("#download").focus();
      await opened.page.keyboard.press("Space");
      await eventually(async () => (await opened.log("open")).length, 1);
      await eventually(async () => (await opened.log("download")).length, 1);
      assert.equal((await opened.log("open"))[0].params.url, images[1].url);
    }));

  test("a screen reader finds one image, what is known of it, and what can be done", () =>
    withViewer({}, async (opened) => {
      await made(opened);
      assert.equal(
        await opened.viewer.locator("body").ariaSnapshot(),
        [
          "- main:",
          '  - heading "Generated image" [level=1]',
          `  - img "${PROMPT}"`,
          '  - region "About the image":',
          `    - paragraph: ${PROMPT}`,
          ...[
            ["Status", "Ready"],
            ["Model", MODEL],
            ["Size", "1024 × 1024"],
            ["Format", "PNG"],
            ["Cost", "$0.002"],
          ].flatMap(([term, value]) => [`    - term: ${term}`, `    - definition: ${value}`]),
          '    - group "Actions":',
          '      - button "Open full size"',
          '      - button "Download"',
          '      - button "Copy link"',
          "    - status",
          "  - status: The image is ready.",
        ].join("\n"),
      );
    }));

  test("a screen reader finds several as tabs with their panel", () =>
    withViewer({}, async (opened) => {
      await made(opened, { num_outputs: 2 });
      const tree = await opened.viewer.locator("body").ariaSnapshot();
      assert.match(
        tree,
        /- tabpanel "Image 1 of 2":\n\s+- 'img "Image 1 of 2: a lighthouse at dusk"'\n/,
      );
      assert.match(
        tree,
        /- tablist "Images":\n\s+- tab "Image 1 of 2" \[selected\]\n\s+- tab "Image 2 of 2"/,
      );
      assert.doesNotMatch(tree, /button ""/);
    }));

  test("nothing moves for those who want that", () =>
    withViewer({ page: { reducedMotion: "reduce" } }, async (opened) => {
      await STATES.working(opened);
      const animations = await frameOf(opened).evaluate(
        () => document.getAnimations({ subtree: true }).length,
      );
      assert.equal(animations, 0);
    }));

  test("and it shimmers for the others", () =>
    withViewer({}, async (opened) => {
      await STATES.working(opened);
      const animations = await frameOf(opened).evaluate(() => document.getAnimations().length);
      assert.equal(animations, 2);
    }));
});

describe("the look", () => {
  const colours = (opened) =>
    frameOf(opened).evaluate(() => {
      const { backgroundColor, color } = getComputedStyle(document.body);
      return `${backgroundColor} ${color}`;
    });
  const LIGHT = "rgb(255, 254, 251) rgb(33, 31, 27)";
  const DARK = "rgb(27, 26, 24) rgb(241, 237, 229)";

  test("is the host's theme, also when that changes", () =>
    withViewer({ context: { theme: "dark" }, page: { colorScheme: "light" } }, async (opened) => {
      await eventually(() => colours(opened), DARK);
      await opened.host(() => window.host.bridge.sendHostContextChange({ theme: "light" }));
      await eventually(() => colours(opened), LIGHT);
    }));

  for (const [colorScheme, expected] of [["light", LIGHT], ["dark", DARK]]) {
    test(`is the system's where the host names none: ${colorScheme}`, () =>
      withViewer({ context: { theme: undefined }, page: { colorScheme } }, async (opened) => {
        await eventually(() => colours(opened), expected);
      }));
  }

  test("has the host's colours, fonts and safe area", () => {
    const variables = {
      "--color-background-primary": "light-dark(#ffffff, #102030)",
      "--color-text-primary": "light-dark(#000000, #fafafa)",
      "--font-sans": "Inter, sans-serif",
      "color": "red",
    };
    const styles = { variables, css: { fonts: "@font-face { font-family: Own; src: local(Inter); }" } };
    const safeAreaInsets = { top: 11, right: 12, bottom: 13, left: 14 };
    return withViewer({ context: { theme: "dark", styles, safeAreaInsets } }, async (opened) => {
      await eventually(() => colours(opened), "rgb(16, 32, 48) rgb(250, 250, 250)");
      const [font, padding, fonts] = await frameOf(opened).evaluate(() => [
        getComputedStyle(document.body).fontFamily,
        getComputedStyle(document.querySelector("#viewer")).padding,
        document.fonts.size,
      ]);
      assert.deepEqual([font, padding, fonts], ["Inter, sans-serif", "11px 12px 13px 14px", 1]);
    });
  });

  for (const width of [320, 480, 720, 1280]) {
    test(`fits a width of ${width} pixels`, () =>
      withViewer({ page: { viewport: { width, height: 900 } } }, async (opened) => {
        await opened.host(() => document.body.classList.add("bare"));
        await STATES["succeeded with four"](opened);
        const [own, wide] = await frameOf(opened).evaluate(() => [
          window.innerWidth,
          document.documentElement.scrollWidth,
        ]);
        assert.deepEqual([own, wide], [width, width]);
        const targets = await opened.viewer.locator(".doing .action, .thumb").evaluateAll((found) =>
          found.map((target) => Math.min(target.offsetWidth, target.offsetHeight)),
        );
        assert.ok(Math.min(...targets) >= 36, `${targets}`);
      }));
  }

  for (const [input, shape] of [[{ aspect_ratio: "9:21" }, "tall"], [{ num_outputs: 4 }, "several"]]) {
    test(`fills the room that a host fixes, and no more: ${shape}`, () => {
      const containerDimensions = { height: 560, width: 720 };
      const context = { displayMode: "fullscreen", containerDimensions };
      return withViewer({ context }, async (opened) => {
        await opened.host(() => {
          window.host.fixed = true;
          document.querySelector("iframe").style.height = "560px";
        });
        await made(opened, input);
        const height = () =>
          frameOf(opened).evaluate(() => document.querySelector("#viewer").offsetHeight);
        await eventually(height, 560);
      });
    });
  }

  test("keeps a tall image within the height that a host allows", () => {
    const context = { containerDimensions: { maxHeight: 500, width: 720 } };
    return withViewer({ context }, async (opened) => {
      await made(opened, { aspect_ratio: "9:16" });
      const height = () =>
        frameOf(opened).evaluate(() => document.querySelector("#viewer").offsetHeight);
      await eventually(async () => (await height()) <= 500, true);
    });
  });
});
