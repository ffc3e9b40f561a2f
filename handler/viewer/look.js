/**
 * Takes on the host's look and keeps within its room: theme, style variables, fonts, safe area, and
 * the height that the picture may take.
 */

"use strict";

/** @typedef {import("@modelcontextprotocol/ext-apps").McpUiHostContext} HostContext */

const USUAL_HEIGHT = 640;
const LEAST_HEIGHT = 180;

class Look {
  /**
   * @param {HTMLElement} viewer
   * @param {HTMLElement} stage
   * @param {(size: {width: number, height: number}) => void} onSize The page's own size changed.
   */
  constructor(viewer, stage, onSize) {
    this.viewer = viewer;
    this.stage = stage;
    this.onSize = onSize;
    /** @type {HostContext} */
    this.context = {};
    this.fonts = document.createElement("style");
    document.head.append(this.fonts);
  }

  /** @param {HostContext} changes What the host says anew; the rest stays. */
  take(changes) {
    this.context = { ...this.context, ...changes };
    const root = document.documentElement;
    if (changes.theme) {
      root.dataset.theme = changes.theme;
      root.style.colorScheme = changes.theme;
    }
    for (const [name, value] of Object.entries(changes.styles?.variables ?? {})) {
      if (name.startsWith("--") && typeof value === "string") root.style.setProperty(name, value);
    }
    if (changes.styles?.css?.fonts) this.fonts.textContent = changes.styles.css.fonts;
    for (const [side, pixels] of Object.entries(changes.safeAreaInsets ?? {})) {
      this.viewer.style.setProperty(`--inset-${side}`, `${Number(pixels)}px`);
    }
    this.fit();
  }

  /** Give the picture what the host's height leaves beside the text. */
  fit() {
    const room = /** @type {{height?: number, maxHeight?: number}} */ (
      this.context.containerDimensions ?? {}
    );
    const limit = room.height ?? room.maxHeight;
    const beside = this.viewer.offsetHeight - this.stage.offsetHeight;
    const height = limit === undefined ? USUAL_HEIGHT : Math.max(LEAST_HEIGHT, limit - beside);
    const most = room.height === undefined ? Math.min(height, USUAL_HEIGHT) : height;
    this.viewer.style.setProperty("--stage-height", `${most}px`);
  }

  /** Report the page's size to the host whenever it changes. */
  watchSize() {
    let sent = "";
    const report = () => {
      const height = Math.ceil(this.viewer.getBoundingClientRect().height);
      const size = { width: window.innerWidth, height };
      if (sent === `${size.width}x${size.height}`) return;
      sent = `${size.width}x${size.height}`;
      this.onSize(size);
    };
    const observer = new ResizeObserver(() => requestAnimationFrame(() => {
      this.fit();
      report();
    }));
    observer.observe(this.viewer);
    report();
  }
}
