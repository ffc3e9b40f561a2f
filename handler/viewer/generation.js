/**
 * What tool arguments and tool results say, as plain values. Pure functions.
 */

"use strict";

/**
 * @typedef {"starting" | "processing" | "succeeded" | "failed" | "canceled"} Status
 *
 * @typedef {object} Generation
 * @property {string} id
 * @property {Status} status
 * @property {string} [model]
 * @property {string[]} images Their addresses.
 * @property {string[]} previews Small versions, as data URLs; as many as the server sent.
 * @property {string} [error]
 * @property {number} [cost] In USD.
 * @property {string} text The result as the model reads it.
 *
 * @typedef {{kind: "generation", generation: Generation}
 *   | {kind: "refusal", message: string}
 *   | {kind: "text", text: string}} Outcome
 *
 * @typedef {object} Asked
 * @property {string} [id] Of the generation that was asked for.
 * @property {string} [model]
 * @property {string} [prompt]
 * @property {number} [ratio] Width to height.
 * @property {number} count How many images.
 */

const STATUSES = ["starting", "processing", "succeeded", "failed", "canceled"];
const COUNT_NAMES = ["num_outputs", "num_images", "n"];

/** @param {Status} status */
function isFinal(status) {
  return status !== "starting" && status !== "processing";
}

/**
 * @param {any} result Of `generate_image` or `get_generation`.
 * @returns {Outcome}
 */
function readResult(result) {
  const blocks = Array.isArray(result?.content) ? result.content : [];
  const texts = blocks
    .filter((/** @type {any} */ block) => block?.type === "text" && typeof block.text === "string")
    .map((/** @type {any} */ block) => block.text);
  // What follows a refusal's first text tells the model what to do.
  if (result?.isError) return { kind: "refusal", message: texts[0] ?? "" };
  const document = parsed(texts[0]);
  if (typeof document?.id !== "string" || !STATUSES.includes(document.status)) {
    return { kind: "text", text: texts.join("\n\n") };
  }
  return {
    kind: "generation",
    generation: {
      id: document.id,
      status: document.status,
      model: typeof document.model === "string" ? document.model : undefined,
      images: addresses(document.images),
      previews: blocks.filter(isPreview).map(dataUrl),
      error: typeof document.error === "string" ? document.error : undefined,
      cost: typeof document.cost === "number" ? document.cost : undefined,
      text: texts[0],
    },
  };
}

/**
 * @param {any} args A tool call's arguments, possibly still being written.
 * @returns {Asked}
 */
function readArguments(args) {
  const input = args?.input ?? {};
  return {
    id: typeof args?.id === "string" ? args.id : undefined,
    model: typeof args?.model_id === "string" ? args.model_id : undefined,
    prompt: typeof input.prompt === "string" && input.prompt.trim() ? input.prompt.trim() : undefined,
    ratio: ratioOf(input),
    count: COUNT_NAMES.map((name) => input[name]).find((count) => Number.isInteger(count)) ?? 1,
  };
}

/** @param {any} input */
function ratioOf(input) {
  for (const shape of [input.aspect_ratio, input.size]) {
    const sides = typeof shape === "string" ? /^(\d+)\s*[:x×]\s*(\d+)$/.exec(shape) : null;
    if (sides) return within(Number(sides[1]) / Number(sides[2]));
  }
  if (input.width > 0 && input.height > 0) return within(input.width / input.height);
  return undefined;
}

/** @param {number} ratio */
function within(ratio) {
  return ratio >= 0.2 && ratio <= 5 ? ratio : undefined;
}

/** @param {any} images */
function addresses(images) {
  return (Array.isArray(images) ? images : [])
    .map((image) => image?.url)
    .filter((url) => typeof url === "string" && /^https?:\/\//.test(url));
}

/** @param {any} block */
function isPreview(block) {
  return (
    block?.type === "image" &&
    typeof block.data === "string" &&
    /^image\/(jpeg|png|webp)$/.test(block.mimeType)
  );
}

/** @param {any} block */
function dataUrl(block) {
  return `data:${block.mimeType};base64,${block.data}`;
}

/** @param {string | undefined} text */
function parsed(text) {
  try {
    return JSON.parse(text ?? "");
  } catch {
    return undefined;
  }
}

/**
 * @param {string} url
 * @returns {string} The name to save it under.
 */
function fileName(url) {
  return new URL(url).pathname.split("/").slice(-2).join("-");
}

/** @param {string} url */
function fileType(url) {
  const extension = url.split(".").pop() ?? "";
  return extension === "jpg" ? "jpeg" : extension;
}

/**
 * @param {number} usd
 * @param {string} [locale]
 */
function money(usd, locale) {
  const options = { style: "currency", currency: "USD", minimumFractionDigits: 2, maximumFractionDigits: 6 };
  return new Intl.NumberFormat(locale, /** @type {Intl.NumberFormatOptions} */ (options)).format(usd);
}

/** @param {number} seconds */
function duration(seconds) {
  const minutes = Math.floor(seconds / 60);
  return `${minutes}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;
}
