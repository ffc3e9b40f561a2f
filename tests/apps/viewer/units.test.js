/** The viewer's own functions, without a page. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import vm from "node:vm";

/** Scripts of the viewer in a world of their own, with these globals. */
function loaded(names, globals = {}) {
  const context = vm.createContext({ AbortController, Error, URL, Intl, ...globals });
  for (const name of names) {
    const url = new URL(`../../../handler/viewer/${name}`, import.meta.url);
    vm.runInContext(readFileSync(url, "utf8"), context, { filename: name });
  }
  return (expression) => vm.runInContext(expression, context);
}

/** The same in this world, so that it compares. */
const plain = (value) => JSON.parse(JSON.stringify(value));
const text = (value) => ({ type: "text", text: JSON.stringify(value) });

describe("a result", () => {
  const readResult = loaded(["generation.js"])("readResult");

  test("becomes a generation, with its previews", () => {
    const document = {
      id: "g",
      model: "local/sketch",
      status: "succeeded",
      images: [{ url: "https://api.example/1.png" }],
      cost: 0.002,
    };
    const preview = { type: "image", mimeType: "image/jpeg", data: "AAAA" };
    const outcome = readResult({ content: [text(document), preview] });
    assert.deepEqual(plain(outcome), {
      kind: "generation",
      generation: {
        ...document,
        images: ["https://api.example/1.png"],
        previews: ["data:image/jpeg;base64,AAAA"],
        text: JSON.stringify(document),
      },
    });
  });

  test("shows no address and no preview that could be something else", () => {
    const urls = ["javascript:alert(1)", "data:text/html,x", "//host/1.png", 7, null, undefined];
    const images = [...urls.map((url) => ({ url })), null, "https://a.example/1.png"];
    const svg = { type: "image", mimeType: "image/svg+xml", data: "AAAA" };
    const content = [text({ id: "g", status: "succeeded", images }), svg];
    const { generation } = readResult({ content });
    assert.deepEqual(plain([generation.images, generation.previews]), [[], []]);
  });

  test("that was refused says why, without what only the model needs", () => {
    const content = [{ type: "text", text: "no such model" }, { type: "text", text: "Call list_models." }];
    assert.deepEqual(plain(readResult({ isError: true, content })), {
      kind: "refusal",
      message: "no such model",
    });
  });

  test("that is anything else is text", () => {
    const others = [{ content: [{ type: "text", text: "hello" }] }, { content: [text({ id: "g" })] }];
    for (const result of [...others, { content: [text({ id: "g", status: "odd" })] }]) {
      assert.equal(readResult(result).kind, "text");
    }
    for (const nothing of [undefined, null, {}, { content: 7 }, { content: [null] }]) {
      assert.deepEqual(plain(readResult(nothing)), { kind: "text", text: "" });
    }
  });
});

describe("arguments", () => {
  const readArguments = loaded(["generation.js"])("readArguments");

  test("say what is wanted, also while they are still being written", () => {
    const input = { prompt: "  a boat ", aspect_ratio: "16:9", num_outputs: 3 };
    assert.deepEqual(plain(readArguments({ model_id: "a/b", input })), {
      model: "a/b",
      prompt: "a boat",
      ratio: 16 / 9,
      count: 3,
    });
    for (const unfinished of [undefined, {}, { input: null }, { input: { prompt: "" } }]) {
      assert.deepEqual(plain(readArguments(unfinished)), { count: 1 });
    }
    assert.deepEqual(plain(readArguments({ id: "g" })), { id: "g", count: 1 });
  });

  test("have their shape in whichever way a model words it", () => {
    const shapes = [
      [{ aspect_ratio: "9:16" }, 9 / 16],
      [{ size: "1024x1536" }, 1024 / 1536],
      [{ width: 300, height: 100 }, 3],
      [{ aspect_ratio: "match_input_image" }, undefined],
      [{ size: "auto" }, undefined],
      [{ aspect_ratio: "1:0" }, undefined],
      [{ aspect_ratio: "0:1" }, undefined],
    ];
    for (const [input, ratio] of shapes) assert.equal(readArguments({ input }).ratio, ratio);
  });
});

test("money, times and names read well", () => {
  const viewer = loaded(["generation.js"]);
  assert.equal(viewer("money(0.002, 'en-US')"), "$0.002");
  assert.equal(viewer("money(0.1, 'en-US')"), "$0.10");
  assert.equal(viewer("money(12.000001, 'en-US')"), "$12.000001");
  assert.equal(viewer("duration(9)"), "0:09");
  assert.equal(viewer("duration(605)"), "10:05");
  assert.equal(viewer("fileName('https://a.example/v1/images/files/g/2.png')"), "g-2.png");
  assert.equal(viewer("fileType('https://a.example/g/2.jpg')"), "jpeg");
});

describe("following a generation", () => {
  /** A watch whose time runs by itself; `script` is what each call brings and how long it takes. */
  function follow(script) {
    const told = [];
    let nowMs = 0;
    const clock = { now: () => nowMs };
    const at = () => nowMs;
    const globals = {
      Date: clock,
      document: { hidden: false },
      setTimeout: (task, ms) => {
        queueMicrotask(() => ((nowMs += ms), task()));
      },
      clearTimeout: () => {},
    };
    const Watch = loaded(["generation.js", "watch.js"], globals)("Watch");
    const asked = [];
    const watch = new Watch({
      ask: async () => {
        asked.push(at());
        const { takes = 0, ...outcome } = script.shift() ?? watch.stop() ?? {};
        nowMs += takes;
        if (outcome.fails) throw new Error(outcome.fails);
        return outcome;
      },
      onAnswer: ({ status }) => told.push(status),
      onGone: () => told.push("gone"),
      onTrouble: () => told.push("trouble"),
      onGivenUp: (reason) => told.push(`given up: ${reason}`),
    });
    return watch.follow("g").then(() => ({ told, asked }));
  }
  const answer = (status, takes = 0) => ({ kind: "generation", generation: { status }, takes });

  test("asks again at once where the server holds the call, and stops at the end", async () => {
    const held = () => answer("processing", 10_000);
    const { told, asked } = await follow([held(), held(), answer("succeeded", 3_000)]);
    assert.deepEqual(told, ["processing", "processing", "succeeded"]);
    assert.deepEqual(asked, [0, 10_500, 21_000]);
  });

  test("asks ever less often where answers come at once", async () => {
    const { asked } = await follow([...Array(20)].map(() => answer("processing")));
    const pauses = asked.slice(1).map((ms, index) => ms - asked[index]);
    assert.deepEqual(pauses.slice(0, 3).map(Math.round), [1600, 2560, 4096]);
    assert.equal(Math.max(...pauses), 15_000);
  });

  test("bears with failures, says so from the second on, and forgets them", async () => {
    const fails = "offline";
    const script = [{ fails }, answer("processing"), { fails }, { fails }, answer("failed")];
    const { told } = await follow(script);
    assert.deepEqual(told, ["processing", "trouble", "failed"]);
  });

  test("gives up after six failures in a row, in half a minute", async () => {
    const { told, asked } = await follow([...Array(9)].map(() => ({ fails: "offline" })));
    assert.deepEqual(told, [...Array(4).fill("trouble"), "given up: offline"]);
    assert.deepEqual(asked, [0, 1000, 3000, 7000, 15_000, 30_000]);
  });

  test("stops where the server knows nothing of it, but not at another refusal", async () => {
    const refusal = (message) => ({ kind: "refusal", message });
    const { told } = await follow([refusal("a person said no"), refusal("generation not found: g")]);
    assert.deepEqual(told, ["gone"]);
  });
});
