/**
 * The images of a generation: the large one on the stage, and thumbnails where there are several.
 *
 * An image's preview, which came with the result, stands in until the image has loaded, and for good
 * where the host lets no image through.
 */

"use strict";

/**
 * @typedef {object} Shown
 * @property {string} url
 * @property {string} [preview]
 * @property {"loading" | "loaded" | "broken"} state
 * @property {number} [width] Of the image in pixels, once it has loaded.
 * @property {number} [height]
 */

class Gallery {
  /**
   * @param {object} elements
   * @param {HTMLElement} elements.stage
   * @param {HTMLImageElement} elements.picture
   * @param {HTMLElement} elements.thumbs
   * @param {HTMLElement} elements.back
   * @param {HTMLElement} elements.on
   * @param {object} listener
   * @param {() => void} listener.onSelect Another image was chosen.
   * @param {() => void} listener.onLoad One has loaded, or failed to.
   */
  constructor(elements, listener) {
    this.elements = elements;
    this.listener = listener;
    /** @type {Shown[]} */
    this.images = [];
    this.selected = 0;
    this.alt = "";
    elements.picture.addEventListener("load", () => {
      const { naturalWidth, naturalHeight } = elements.picture;
      elements.picture.style.setProperty("--ratio", String(naturalWidth / naturalHeight));
    });
    elements.back.addEventListener("click", () => this.select(this.selected - 1));
    elements.on.addEventListener("click", () => this.select(this.selected + 1));
    for (const place of [elements.stage, elements.thumbs]) {
      place.addEventListener("keydown", (event) => this.steer(event));
    }
  }

  get current() {
    return /** @type {Shown | undefined} */ (this.images[this.selected]);
  }

  /**
   * Show these images; showing the same ones again changes nothing but their names.
   *
   * @param {string[]} urls
   * @param {string[]} previews
   * @param {string} alt What is to be seen on them.
   */
  show(urls, previews, alt) {
    this.alt = alt;
    if (urls.join() !== this.images.map((image) => image.url).join()) {
      this.images = urls.map((url, index) => ({ url, preview: previews[index], state: "loading" }));
      this.selected = 0;
      this.images.forEach((image) => this.load(image));
    }
    this.render();
  }

  /** Load again what could not be loaded. */
  retry() {
    for (const image of this.images.filter(({ state }) => state === "broken")) this.load(image);
    this.render();
    this.listener.onLoad();
  }

  /**
   * @param {number} index Counted round: the one after the last is the first.
   * @param {boolean} [focus] Whether the thumbnail takes the focus.
   */
  select(index, focus = false) {
    const count = this.images.length;
    this.selected = (index + count) % count;
    this.render();
    const thumb = /** @type {HTMLElement} */ (this.elements.thumbs.children[this.selected]);
    thumb.scrollIntoView({ block: "nearest", inline: "nearest" });
    if (focus) thumb.focus({ preventScroll: true });
    this.listener.onSelect();
  }

  /** @param {KeyboardEvent} event */
  steer(event) {
    const last = this.images.length - 1;
    if (last < 1 || event.altKey || event.ctrlKey || event.metaKey) return;
    const targets = { ArrowLeft: this.selected - 1, ArrowRight: this.selected + 1, Home: 0, End: last };
    const target = targets[/** @type {keyof typeof targets} */ (event.key)];
    if (target === undefined) return;
    event.preventDefault();
    this.select(target, event.currentTarget === this.elements.thumbs);
  }

  /** @param {Shown} image */
  load(image) {
    image.state = "loading";
    const loader = new Image();
    const settle = (/** @type {"loaded" | "broken"} */ state) => {
      image.state = state;
      image.width = loader.naturalWidth || undefined;
      image.height = loader.naturalHeight || undefined;
      this.render();
      this.listener.onLoad();
    };
    loader.addEventListener("load", () => settle("loaded"));
    loader.addEventListener("error", () => settle("broken"));
    loader.src = image.url;
  }

  render() {
    const { stage, picture, thumbs, back, on } = this.elements;
    const several = this.images.length > 1;
    const source = this.current && sourceOf(this.current);
    picture.hidden = !source;
    picture.alt = several ? `Image ${this.selected + 1} of ${this.images.length}: ${this.alt}` : this.alt;
    if (source && picture.getAttribute("src") !== source) picture.src = source;
    for (const button of [back, on]) button.hidden = !several;
    thumbs.hidden = !several;
    if (several) {
      stage.setAttribute("role", "tabpanel");
      stage.setAttribute("aria-labelledby", `thumb-${this.selected + 1}`);
      stage.tabIndex = 0;
      this.renderThumbs();
    }
  }

  renderThumbs() {
    const { thumbs } = this.elements;
    if (thumbs.children.length !== this.images.length) {
      thumbs.replaceChildren(...this.images.map((_, index) => this.thumb(index)));
    }
    this.images.forEach((image, index) => {
      const thumb = /** @type {HTMLElement} */ (thumbs.children[index]);
      const chosen = index === this.selected;
      thumb.setAttribute("aria-selected", String(chosen));
      thumb.tabIndex = chosen ? 0 : -1;
      const small = /** @type {HTMLImageElement} */ (thumb.firstElementChild);
      const source = image.preview ?? (image.state === "loaded" ? image.url : undefined);
      if (source && small.getAttribute("src") !== source) small.src = source;
    });
  }

  /** @param {number} index */
  thumb(index) {
    const thumb = document.createElement("button");
    thumb.type = "button";
    thumb.id = `thumb-${index + 1}`;
    thumb.className = "thumb";
    thumb.setAttribute("role", "tab");
    thumb.setAttribute("aria-controls", "stage");
    thumb.setAttribute("aria-label", `Image ${index + 1} of ${this.images.length}`);
    thumb.addEventListener("click", () => this.select(index));
    const small = document.createElement("img");
    small.alt = "";
    thumb.append(small);
    return thumb;
  }
}

/** @param {Shown} image */
function sourceOf(image) {
  return image.state === "loaded" ? image.url : image.preview;
}
