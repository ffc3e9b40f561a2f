/**
 * Open, download and copy, each by whichever way the host leaves open.
 */

"use strict";

const TOLD_MS = 4_000;

class Actions {
  /**
   * @param {Bridge} bridge
   * @param {HTMLElement} root Holds the buttons, the line that tells, and the field for the address.
   * @param {() => string | undefined} currentUrl
   */
  constructor(bridge, root, currentUrl) {
    this.bridge = bridge;
    this.currentUrl = currentUrl;
    /** Whether the host saves files. */
    this.canDownload = false;
    /** @type {number | undefined} */
    this.telling = undefined;
    this.line = /** @type {HTMLElement} */ (root.querySelector("#told"));
    this.address = /** @type {HTMLElement} */ (root.querySelector("#address"));
    this.field = /** @type {HTMLInputElement} */ (root.querySelector("#address-field"));
    root.querySelector("#open")?.addEventListener("click", () => this.open());
    root.querySelector("#download")?.addEventListener("click", () => this.download());
    root.querySelector("#copy")?.addEventListener("click", () => this.copy());
  }

  async open() {
    const url = this.currentUrl();
    if (url && !(await this.opened(url))) this.offerAddress(url, "Links cannot be opened from here.");
  }

  async download() {
    const url = this.currentUrl();
    if (!url) return;
    const saved = this.canDownload ? await this.saved(url) : undefined;
    if (saved !== undefined) this.tell(saved ? "Saved." : "The image was not saved.");
    else if (await this.opened(url)) this.tell("Opened in the browser, where it can be saved.");
    else this.offerAddress(url, "Nothing can be saved from here.");
  }

  async copy() {
    const url = this.currentUrl();
    if (!url) return;
    if (await copied(url)) this.tell("Link copied.");
    else this.offerAddress(url, "The clipboard is closed to this page.");
  }

  /** Take back what was told of another image. */
  reset() {
    this.address.hidden = true;
    this.line.textContent = "";
  }

  /** @param {string} url */
  async opened(url) {
    try {
      return !(await this.bridge.request("ui/open-link", { url }))?.isError;
    } catch {
      return false;
    }
  }

  /**
   * @param {string} url
   * @returns {Promise<boolean | undefined>} Undefined where the host cannot, whatever it declared.
   */
  async saved(url) {
    const mimeType = `image/${fileType(url)}`;
    const link = { type: "resource_link", uri: url, name: fileName(url), mimeType };
    try {
      return !(await this.bridge.request("ui/download-file", { contents: [link] }))?.isError;
    } catch {
      return undefined;
    }
  }

  /** @param {string} text */
  tell(text) {
    this.reset();
    this.line.textContent = text;
    clearTimeout(this.telling);
    this.telling = setTimeout(() => this.reset(), TOLD_MS);
  }

  /**
   * @param {string} url
   * @param {string} why
   */
  offerAddress(url, why) {
    clearTimeout(this.telling);
    this.line.textContent = `${why} Copy the address instead.`;
    this.address.hidden = false;
    this.field.value = url;
    this.field.focus();
    this.field.select();
  }
}

/**
 * @param {string} text
 * @returns {Promise<boolean>} Whether it is on the clipboard.
 */
async function copied(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copiedBySelection(text);
  }
}

/**
 * The older way, which needs no permission of the host's.
 *
 * @param {string} text
 */
function copiedBySelection(text) {
  const focused = /** @type {HTMLElement | null} */ (document.activeElement);
  const field = document.createElement("textarea");
  field.value = text;
  field.className = "unseen";
  document.body.append(field);
  field.select();
  const done = document.execCommand("copy");
  field.remove();
  focused?.focus();
  return done;
}
