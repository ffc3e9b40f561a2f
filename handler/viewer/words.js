/**
 * What each phase is called and says. Pure functions.
 */

"use strict";

/**
 * @typedef {"connecting" | "waiting" | "working" | "succeeded" | "failed" | "canceled" | "refused"
 *   | "expired" | "stopped" | "unreadable" | "alone"} Phase
 *
 * @typedef {{title: string, text: string, note?: string}} Words
 */

/**
 * Beside the model and the cost; empty where the words in place of the picture say it.
 *
 * @type {Record<Phase, string>}
 */
const STATUS_WORDS = {
  connecting: "",
  waiting: "In progress",
  working: "In progress",
  succeeded: "Ready",
  failed: "Failed",
  canceled: "",
  refused: "",
  expired: "",
  stopped: "",
  unreadable: "",
  alone: "",
};

/** @type {Words} */
const BROKEN_WORDS = {
  title: "The image cannot be shown here",
  text: "It is kept, and can be opened in the browser.",
};

/**
 * @param {Phase} phase One without a picture.
 * @param {{error: string, message: string, fetched: boolean}} said By the server; `fetched` where
 *   the call was for an earlier generation.
 * @returns {Words}
 */
function wordsFor(phase, said) {
  switch (phase) {
    case "failed":
      return { title: "No image this time", text: sentence(said.error), note: "Nothing was charged." };
    case "canceled":
      return { title: "Canceled", text: "The image was not made.", note: "Nothing was charged." };
    case "refused":
      return said.fetched
        ? { title: "Nothing to show", text: sentence(said.message) }
        : { title: "Not started", text: sentence(said.message), note: "Nothing was charged." };
    case "expired":
      return {
        title: "No longer kept",
        text: "Images are kept for a limited time, and the time of this one is over.",
      };
    case "stopped":
      return {
        title: "Stopped",
        text: "The call ended before its answer came.",
        note: "If the image had been started, it is made all the same: ask for it in the chat.",
      };
    case "unreadable":
      return { title: "The answer", text: said.message };
    case "alone":
      return {
        title: "Nothing to show here",
        text: "This page shows images inside a program that speaks MCP Apps.",
      };
    default:
      return { title: "", text: "" };
  }
}

/**
 * @param {Phase} phase
 * @param {number} count How many images there are.
 * @param {Words} words The phase's.
 * @returns {string} What a screen reader says when the phase begins.
 */
function announcement(phase, count, words) {
  switch (phase) {
    case "connecting":
      return "";
    case "waiting":
      return "Waiting for the image.";
    case "working":
      return "The image is being made.";
    case "succeeded":
      return count > 1 ? `${count} images are ready.` : "The image is ready.";
    default:
      return [words.title, words.text, words.note].filter(Boolean).join(". ");
  }
}

/** @param {string} text */
function sentence(text) {
  const trimmed = text.trim();
  return trimmed.charAt(0).toUpperCase() + trimmed.slice(1);
}
