/**
 * Puts it together: what has arrived from the host becomes one state, and the state what is shown.
 */

"use strict";

/** @typedef {import("@modelcontextprotocol/ext-apps").McpUiInitializeResult} Host */

const PROTOCOL_VERSION = "2026-01-26";
const SILENCE_MS = 10_000;
const STILL_SECONDS = 60;

/**
 * @template {HTMLElement} [Kind=HTMLElement]
 * @param {string} id
 */
function element(id) {
  return /** @type {Kind} */ (document.getElementById(id));
}

class Viewer {
  /** @param {Bridge} bridge */
  constructor(bridge) {
    this.bridge = bridge;
    /** @type {Phase} */
    this.phase = "connecting";
    /** @type {Asked} */
    this.asked = { count: 1 };
    /** @type {Generation | undefined} */
    this.generation = undefined;
    /** What a refusal or an unreadable answer says. */
    this.message = "";
    /** Why news do not arrive, if they do not. */
    this.trouble = "";
    /** Whether nobody asks for news any more. */
    this.gaveUp = false;
    this.beganMs = 0;
    /** @type {Host["hostCapabilities"]} */
    this.capabilities = {};
    /** @type {Watch | undefined} */
    this.watch = undefined;
    this.look = new Look(element("viewer"), element("stage"), (size) =>
      bridge.notify("ui/notifications/size-changed", size),
    );
    this.gallery = new Gallery(
      {
        stage: element("stage"),
        picture: element("picture"),
        thumbs: element("thumbs"),
        back: element("back"),
        on: element("on"),
      },
      {
        onSelect: () => {
          this.actions.reset();
          this.render();
        },
        onLoad: () => this.render(),
      },
    );
    this.actions = new Actions(bridge, element("placard"), () => this.gallery.current?.url);
    element("picture").addEventListener("click", () => this.actions.open());
    this.listen();
    this.ticking = setInterval(() => this.tick(), 1000);
  }

  listen() {
    const { bridge } = this;
    bridge.on("ui/notifications/tool-input-partial", ({ arguments: args }) => this.takeInput(args));
    bridge.on("ui/notifications/tool-input", ({ arguments: args }) => this.takeInput(args));
    bridge.on("ui/notifications/tool-result", (result) => this.takeResult(result));
    bridge.on("ui/notifications/tool-cancelled", () => this.takeCancelled());
    bridge.on("ui/notifications/host-context-changed", (context) => {
      this.look.take(context);
      this.render();
    });
    bridge.on("ui/resource-teardown", () => this.end());
    bridge.on("ping", () => ({}));

    element("again").addEventListener("click", () => this.again());
    element("more").addEventListener("click", () => {
      const button = element("more");
      const open = button.getAttribute("aria-expanded") !== "true";
      button.setAttribute("aria-expanded", String(open));
      this.renderPrompt();
    });
    window.addEventListener("resize", () => this.renderPrompt());
  }

  async begin() {
    this.render();
    if (this.bridge.host === window) {
      this.turnTo("alone");
      return;
    }
    const silence = setTimeout(() => {
      this.trouble = "The program that shows this page does not answer.";
      this.render();
    }, SILENCE_MS);
    const params = {
      protocolVersion: PROTOCOL_VERSION,
      appInfo: { name: "tokenflux-images viewer", version: "1.0.0" },
      appCapabilities: { availableDisplayModes: ["inline", "fullscreen"] },
    };
    /** @type {Host | undefined} */
    const host = await this.bridge.request("ui/initialize", params).catch((error) => {
      this.trouble = `The program that shows this page refused it: ${error.message}.`;
    });
    clearTimeout(silence);
    if (!host) {
      this.render();
      return;
    }
    this.trouble = "";
    this.capabilities = host.hostCapabilities ?? {};
    this.actions.canDownload = Boolean(this.capabilities.downloadFile);
    this.bridge.notify("ui/notifications/initialized", {});
    this.turnTo("waiting");
    this.look.take(host.hostContext ?? {});
    this.look.watchSize();
  }

  /** The host takes the page away: ask for nothing more. */
  end() {
    this.watch?.stop();
    clearInterval(this.ticking);
    return {};
  }

  // ---------------------------------------------------------------- what arrives
  /** @param {any} args */
  takeInput(args) {
    this.asked = readArguments(args);
    this.beganMs ||= Date.now();
    this.render();
  }

  /** @param {any} result */
  takeResult(result) {
    this.beganMs ||= Date.now();
    const outcome = readResult(result);
    if (outcome.kind === "generation") {
      this.takeGeneration(outcome.generation);
      if (!isFinal(outcome.generation.status)) this.follow();
      else if (this.phase === "succeeded" && outcome.generation.cost === undefined) this.lookUp();
    } else if (outcome.kind === "refusal") {
      this.message = outcome.message;
      this.turnTo("refused");
    } else {
      this.message = outcome.text;
      this.turnTo("unreadable");
    }
  }

  takeCancelled() {
    if (this.phase === "connecting" || this.phase === "waiting") this.turnTo("stopped");
  }

  /** @param {Generation} generation */
  takeGeneration(generation) {
    const known = this.generation;
    this.generation = {
      ...generation,
      model: generation.model ?? known?.model,
      previews: generation.previews.length ? generation.previews : (known?.previews ?? []),
    };
    this.trouble = "";
    this.gaveUp = false;
    this.turnTo(isFinal(generation.status) ? /** @type {Phase} */ (generation.status) : "working");
  }

  // ---------------------------------------------------------------- staying current
  follow() {
    if (!this.capabilities.serverTools) {
      this.trouble = "This program does not let the page look for news. Ask for the image in the chat.";
      this.render();
      return;
    }
    this.watch?.stop();
    this.watch = new Watch({
      ask: (id, signal) => this.ask(id, signal),
      onAnswer: (generation) => {
        this.takeGeneration(generation);
        if (isFinal(generation.status)) this.tellModel(generation);
      },
      onGone: () => this.turnTo("expired"),
      onTrouble: () => {
        this.trouble = "No connection at the moment. Trying again.";
        this.render();
      },
      onGivenUp: (reason) => {
        this.trouble = `There is no news of the image: ${reason || "no answer"}.`;
        this.gaveUp = true;
        this.render();
      },
    });
    this.watch.follow(/** @type {Generation} */ (this.generation).id);
  }

  /** What `generate_image` leaves out, the cost, and whether the image is still kept. */
  async lookUp() {
    if (!this.capabilities.serverTools || !this.generation) return;
    const outcome = await this.ask(this.generation.id).catch(() => undefined);
    if (outcome?.kind === "generation") this.takeGeneration(outcome.generation);
    else if (outcome?.kind === "refusal" && isGone(outcome.message)) this.turnTo("expired");
  }

  /**
   * @param {string} id
   * @param {AbortSignal} [signal]
   */
  async ask(id, signal) {
    const params = { name: "get_generation", arguments: { id } };
    return readResult(await this.bridge.request("tools/call", params, signal));
  }

  /**
   * The model still believes that the image is being made.
   *
   * @param {Generation} generation
   */
  tellModel(generation) {
    if (!this.capabilities.updateModelContext) return;
    const content = [{ type: "text", text: generation.text }];
    this.bridge.request("ui/update-model-context", { content }).catch(() => {});
  }

  again() {
    this.trouble = "";
    this.gaveUp = false;
    if (this.phase === "succeeded") this.gallery.retry();
    else if (this.generation) this.follow();
    this.render();
  }

  // ---------------------------------------------------------------- what is shown
  /** @param {Phase} phase */
  turnTo(phase) {
    if (phase !== this.phase) {
      this.phase = phase;
      element("announcer").textContent = announcement(
        phase,
        this.generation?.images.length ?? 0,
        this.words(),
      );
    }
    if (phase === "expired" || phase === "refused") this.watch?.stop();
    this.render();
  }

  words() {
    return wordsFor(this.phase, {
      error: this.generation?.error ?? "",
      message: this.message,
      fetched: this.asked.id !== undefined,
    });
  }

  render() {
    const { phase, generation, trouble } = this;
    const working = phase === "connecting" || phase === "waiting" || phase === "working";
    const viewer = element("viewer");
    viewer.dataset.phase = phase;
    viewer.setAttribute("aria-busy", String(working));
    element("stage").style.setProperty("--asked-ratio", String(this.asked.ratio ?? 1.5));

    if (phase === "succeeded" && generation) {
      const alt = this.asked.prompt ?? "Generated image";
      this.gallery.show(generation.images, generation.previews, alt);
    }
    this.renderWorking(working);
    this.renderNotice(working);
    this.renderPrompt();
    this.renderFacts();
    const shown = phase === "succeeded" && Boolean(this.gallery.current);
    element("actions").hidden = !shown;
    const note = element("note");
    note.textContent = this.noteOf(working, trouble);
    note.hidden = !note.textContent;
  }

  /** @param {boolean} working */
  renderWorking(working) {
    const loading = this.phase === "succeeded" && element("picture").hidden && !this.isBroken();
    element("working").hidden = !working && !loading;
    element("stage").classList.toggle("shimmers", (working && !this.trouble) || loading);
    const fetching = loading || (this.phase === "waiting" && this.asked.id !== undefined);
    const making = this.asked.count > 1 ? "Making your images" : "Making your image";
    const title = fetching ? "Fetching the image" : making;
    element("working-title").textContent = this.phase === "connecting" ? "" : title;
    this.tick();
  }

  isBroken() {
    return this.phase === "succeeded" && this.gallery.current?.state === "broken";
  }

  /** @param {boolean} working */
  renderNotice(working) {
    const broken = this.isBroken();
    const covers = broken && element("picture").hidden;
    const words = broken ? BROKEN_WORDS : this.words();
    element("notice").hidden = (working || this.phase === "succeeded") && !covers;
    element("notice-title").textContent = words.title;
    element("notice-text").textContent = words.text;
    element("notice-note").textContent = words.note ?? "";
    element("notice-note").hidden = !words.note;
    element("again").hidden = !broken && !this.gaveUp;
  }

  renderPrompt() {
    const prompt = element("prompt");
    const more = element("more");
    prompt.textContent = this.asked.prompt ?? "";
    prompt.hidden = !this.asked.prompt;
    const open = more.getAttribute("aria-expanded") === "true";
    prompt.classList.toggle("whole", open);
    more.hidden = prompt.hidden || (!open && prompt.scrollHeight <= prompt.clientHeight + 1);
    more.textContent = open ? "Show less" : "Show all";
  }

  renderFacts() {
    const image = this.phase === "succeeded" ? this.gallery.current : undefined;
    const cost = this.generation?.cost;
    const facts = [
      ["Status", STATUS_WORDS[this.phase]],
      ["Model", this.generation?.model ?? this.asked.model],
      ["Size", image?.width && `${image.width} × ${image.height}`],
      ["Format", image && fileType(image.url).toUpperCase()],
      ["Cost", cost !== undefined && money(cost, this.look.context.locale)],
    ];
    element("facts").replaceChildren(
      ...facts.filter(([, value]) => value).map(([name, value]) => fact(String(name), String(value))),
    );
  }

  /**
   * @param {boolean} working
   * @param {string} trouble
   */
  noteOf(working, trouble) {
    if (trouble) return trouble;
    if (working && this.phase !== "connecting") {
      return "You can close this. The image is kept, and waits here when you come back.";
    }
    if (this.isBroken() && !element("picture").hidden) {
      return "This is a small version: the full size cannot be shown here, but opened.";
    }
    return "";
  }

  tick() {
    const running = (this.phase === "waiting" || this.phase === "working") && this.beganMs > 0;
    const seconds = Math.floor((Date.now() - this.beganMs) / 1000);
    element("elapsed").textContent = running ? duration(seconds) : "";
    if (running && seconds > 0 && seconds % STILL_SECONDS === 0) {
      element("announcer").textContent = `Still being made, ${duration(seconds)}.`;
    }
  }
}

/** @param {string} message */
function isGone(message) {
  return message.startsWith("generation not found");
}

/**
 * @param {string} name
 * @param {string} value
 */
function fact(name, value) {
  const pair = document.createElement("div");
  pair.className = `fact fact-${name.toLowerCase()}`;
  const term = document.createElement("dt");
  term.className = "unseen";
  term.textContent = name;
  const described = document.createElement("dd");
  described.textContent = value;
  pair.append(term, described);
  return pair;
}

const viewer = new Viewer(new Bridge(window.parent, window));
viewer.begin();
