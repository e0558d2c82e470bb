// Draws the site of an atlas: a front page that searches, sorts and maps all neurons, and a page for each of them. A page
// that is opened as a file may load scripts alone, so data comes as scripts, packed, and by layer. What came from outside
// becomes text nodes, attributes of our own choice and numbers, never markup.
(function () {
  "use strict";
  const { el, svg, number, signed, track, fact } = window.engramElements;
  const ROWS = 25;
  const KEPT = 4; // layers in memory
  const NAME = /^L(\d+)(?:F(\d+)|A(\d+)H(\d+))$/;
  const VIRIDIS = [[68, 1, 84], [71, 45, 123], [59, 82, 139], [44, 114, 142], [33, 145, 140], [40, 174, 128], [94, 201, 98], [173, 220, 48], [253, 231, 37]];
  const COLUMNS = [["improvement", "improvement"], ["density", "density"], ["mean", "mean m"], ["greatest", "greatest m"], ["least", "least m"], ["deviation", "deviation"]];
  const LISTS = [["Highest coefficients", "highest"], ["Lowest coefficients", "lowest"], ["Images whose own label it improves most", "improvement"]];

  // ---- loading ----

  const waiting = new Map(); // name to what is done with its bytes
  const loaded = new Map(); // name to a promise of what they hold

  window.EngramAtlas = { take(name, packed) { const done = waiting.get(name); waiting.delete(name); if (done) done(packed); } };

  async function unpacked(packed) {
    const text = atob(packed);
    const bytes = new Uint8Array(text.length);
    for (let i = 0; i < bytes.length; i++) bytes[i] = text.charCodeAt(i);
    return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))).arrayBuffer();
  }

  const parsed = (buffer) => JSON.parse(new TextDecoder().decode(buffer));

  /** Loads a file of data once. */
  function need(name, read = parsed) {
    if (loaded.has(name)) return loaded.get(name);
    const promise = new Promise((resolve, reject) => {
      waiting.set(name, resolve);
      const failed = () => { waiting.delete(name); loaded.delete(name); reject(new Error(`The file data/${name}.js is missing or damaged; write the site again (%atlas --html).`)); };
      const script = el("script", { src: `data/${name}.js`, onerror: failed, onload: () => { script.remove(); if (waiting.has(name)) failed(); } });
      document.head.append(script);
    }).then(unpacked).then(read);
    loaded.set(name, promise);
    const layers = [...loaded.keys()].filter((key) => key.startsWith("layer-"));
    if (layers.length > KEPT) loaded.delete(layers[0]);
    return promise;
  }

  // ---- neurons ----

  const root = document.getElementById("atlas");
  let data; // of the front page
  let count;
  const col = {}; // columns of numbers, by name

  function columns(buffer) {
    const types = { f4: Float32Array, u2: Uint16Array, u4: Uint32Array };
    for (const c of data.columns) col[c.name] = new types[c.type](buffer, c.at, c.count);
  }

  const each = () => data.width + data.ffn;
  const layerOf = (i) => Math.floor(i / each());
  const isMsa = (i) => i % each() < data.width;

  function nameOf(i) {
    const c = i % each();
    return `L${layerOf(i)}` + (c < data.width ? `A${Math.floor(c / data.head)}H${c % data.head}` : `F${c - data.width}`);
  }

  function indexOf(name) {
    const found = NAME.exec(name);
    if (!found) return -1;
    const [layer, ffn, head, channel] = found.slice(1).map((n) => (n === undefined ? -1 : Number(n)));
    const fits = layer < data.layers && (ffn >= 0 ? ffn < data.ffn : head < data.width / data.head && channel < data.head);
    return fits ? layer * each() + (ffn >= 0 ? data.width + ffn : head * data.head + channel) : -1;
  }

  function saysOf(i) {
    const out = [];
    for (let w = i * data.wordsEach; w < (i + 1) * data.wordsEach; w++) if (col.words[w]) out.push(data.vocabulary[col.words[w] - 1]);
    return out;
  }

  const known = (value) => (value === undefined || Number.isNaN(value) ? null : value);
  const classOf = (i) => (col.class[i] ? data.titles[col.class[i] - 1] : "");
  const many = (n) => n.toLocaleString("en");
  const link = (i, ...more) => el("a", { href: "#" + nameOf(i), ...(more[0] || {}) }, nameOf(i));

  // ---- the front page ----

  const front = {
    at: { find: "", in: "", layer: "", kind: "", from: "", to: "", sort: "improvement", up: false, page: 0, colour: "layer" },
    found: [],

    build() {
      const option = (value, text) => el("option", { value }, text);
      const field = (name, control, label, spoken) => {
        control.addEventListener(control.tagName === "SELECT" ? "change" : "input", () => { this.at[name] = control.value; this.at.page = 0; this.search(); });
        this.controls[name] = control;
        control.setAttribute("aria-label", spoken || label);
        return el("label", null, label, control);
      };
      this.controls = {};
      const range = () => el("input", { type: "number", min: 0, max: 1, step: "any", inputmode: "decimal", placeholder: "any" });
      const form = el("form", { class: "ee-tools", role: "search", "aria-label": "Neurons", onsubmit: (e) => e.preventDefault(), onkeydown: (e) => { if (e.key === "Enter" && e.target.tagName === "INPUT") { e.preventDefault(); this.first(); } } },
        field("find", el("input", { type: "search", placeholder: "hat, panda, L3F212", autocomplete: "off", spellcheck: "false" }), "Find"),
        field("in", el("select", null, option("", "words, classes, names"), option("words", "what it says"), option("classes", "the class it improves"), option("names", "names")), "in", "Find in"),
        field("layer", el("select", null, option("", "all"), Array.from({ length: data.layers }, (_, l) => option(l, String(l)))), "Layer"),
        field("kind", el("select", null, option("", "all"), option("FFN", "FFN"), option("MSA", "MSA")), "Kind"),
        field("from", range(), "Density from"), field("to", range(), "to", "Density to"));
      this.told = el("p", { class: "ea-told", role: "status" });
      this.head = el("tr");
      this.body = el("tbody");
      this.pager = el("div", { class: "ea-pager" });
      this.view = el("div", { class: "ea-front" }, form,
        el("section", { class: "ea-list", "aria-label": "Neurons that fit" }, this.told,
          el("div", { class: "ea-scroll", role: "region", tabindex: 0, "aria-label": "Table of neurons" }, el("table", null, el("thead", null, this.head), this.body)), this.pager),
        map.build(this));
    },

    /** The state of an address: {@code #find=hat&layer=3}. */
    open(address) {
      const asked = new URLSearchParams(address);
      const own = { find: "", in: "", layer: "", kind: "", from: "", to: "", sort: "improvement", colour: "layer" };
      for (const name of Object.keys(own)) this.at[name] = asked.get(name) ?? own[name];
      if (!["neuron", "class", ...COLUMNS.map((c) => c[0])].includes(this.at.sort)) this.at.sort = "improvement";
      this.at.up = asked.get("up") === "1";
      this.at.page = Math.max(0, Math.floor(Number(asked.get("page")) - 1) || 0);
      for (const [name, control] of Object.entries(this.controls)) control.value = this.at[name];
      this.search(true);
    },

    address() {
      const at = new URLSearchParams();
      for (const name of ["find", "in", "layer", "kind", "from", "to"]) if (this.at[name] !== "") at.set(name, this.at[name]);
      if (this.at.sort !== "improvement") at.set("sort", this.at.sort);
      if (this.at.up) at.set("up", "1");
      if (this.at.page) at.set("page", this.at.page + 1);
      if (this.at.colour !== "layer") at.set("colour", this.at.colour);
      return at.toString();
    },

    search(asked) {
      const { find, layer, kind, from, to } = this.at;
      const text = find.trim().toLowerCase();
      const where = this.at.in;
      const marks = (list) => Uint8Array.from([0, ...list.map((t) => Number(t.toLowerCase().includes(text)))]);
      const words = text && ["", "words"].includes(where) ? marks(data.vocabulary) : null;
      const classes = text && ["", "classes"].includes(where) ? marks(data.titles.map((t, c) => t + "\n" + data.classes[c])) : null;
      const names = text && ["", "names"].includes(where) && /^l\d/.test(text);
      const [low, high] = [from === "" ? -1 : Number(from), to === "" ? 2 : Number(to)];
      const found = [];
      for (let i = 0; i < count; i++) {
        if (layer !== "" && layerOf(i) !== Number(layer)) continue;
        if (kind && isMsa(i) !== (kind === "MSA")) continue;
        if (!(col.density[i] >= low && col.density[i] <= high)) continue;
        if (text) {
          let fits = (classes && classes[col.class[i]]) || (names && nameOf(i).toLowerCase().startsWith(text));
          for (let w = i * data.wordsEach; words && !fits && w < (i + 1) * data.wordsEach; w++) fits = words[col.words[w]];
          if (!fits) continue;
        }
        found.push(i);
      }
      this.found = this.sorted(found);
      this.at.page = Math.min(this.at.page, Math.max(0, Math.ceil(found.length / ROWS) - 1));
      this.draw();
      if (!asked) this.keep();
    },

    sorted(found) {
      const { sort, up } = this.at;
      if (sort === "neuron") return up ? found : found.reverse();
      const sign = up ? 1 : -1;
      if (sort === "class") {
        const order = data.titles.map((_, c) => c).sort((a, b) => data.titles[a].localeCompare(data.titles[b], "en", { numeric: true }));
        const rank = new Float64Array(order.length + 1).fill(NaN);
        order.forEach((c, r) => { rank[c + 1] = r; });
        return sortedBy(found, (i) => rank[col.class[i]], sign);
      }
      return sortedBy(found, (i) => col[sort][i], sign);
    },

    draw() {
      const { page } = this.at;
      const shown = this.found.slice(page * ROWS, (page + 1) * ROWS);
      this.told.textContent = this.found.length ? `${many(this.found.length)} of ${many(count)} neurons` : "No neuron fits. Change what is asked for above.";
      const header = (key, text, numeric) => {
        const sorted = this.at.sort === key;
        return el("th", { scope: "col", class: numeric ? "ee-number" : "", "aria-sort": sorted ? (this.at.up ? "ascending" : "descending") : null },
          el("button", { type: "button", onclick: () => { this.at.up = sorted ? !this.at.up : !numeric; this.at.sort = key; this.at.page = 0; this.search(); this.head.querySelector(`[data-key="${key}"]`).focus(); }, "data-key": key },
            text, el("span", { "aria-hidden": "true" }, sorted ? (this.at.up ? " \u25b2" : " \u25bc") : "")));
      };
      this.head.replaceChildren(header("neuron", "neuron"), el("th", { scope: "col" }, "says"), header("class", "improves"), ...COLUMNS.map(([key, text]) => header(key, text, true)));
      this.body.replaceChildren(...shown.map((i) => el("tr", null, el("th", { scope: "row" }, link(i)),
        el("td", { class: "ea-says" }, saysOf(i).join(", ")), el("td", { class: "ea-class" }, classOf(i)),
        COLUMNS.map(([key]) => el("td", { class: "ee-number" }, number(known(col[key][i])))))));
      const pages = Math.max(1, Math.ceil(this.found.length / ROWS));
      const turn = (by, text, label) => el("button", { type: "button", "aria-label": label, disabled: page + by < 0 || page + by >= pages, onclick: () => { this.at.page += by; this.draw(); this.keep(); this.pager.querySelector("button:not(:disabled)").focus(); } }, text);
      this.pager.replaceChildren(turn(-1, "\u2190", "Previous rows"), el("span", null, `page ${many(page + 1)} of ${many(pages)}`), turn(1, "\u2192", "Next rows"));
      map.mark(this.found);
    },

    keep() { history.replaceState(history.state, "", "#" + this.address()); },

    /** Enter opens the first row. */
    first() { if (this.found.length) location.hash = nameOf(this.found[0]); },
  };

  /** Largest or smallest first, what is none last, either way; equal ones in the order of the forward pass. */
  function sortedBy(found, value, sign) {
    const keys = Float64Array.from(found, value);
    const some = [], none = [];
    for (let k = 0; k < found.length; k++) (Number.isNaN(keys[k]) ? none : some).push(k);
    some.sort((a, b) => sign * (keys[a] - keys[b]) || a - b);
    return [...some, ...none].map((k) => found[k]);
  }

  // ---- the map ----

  const map = {
    zoom: 1, x: 0, y: 0,

    build(of) {
      this.front = of;
      const xs = ends(col.x), ys = ends(col.y);
      this.middle = [(xs[0] + xs[1]) / 2, (ys[0] + ys[1]) / 2];
      this.range = Math.max(xs[1] - xs[0], ys[1] - ys[0]) || 1;
      this.marked = new Uint8Array(count);
      this.canvas = el("canvas", { role: "img", class: "ea-map" });
      this.tip = el("p", { class: "ea-tip" });
      const colour = el("select", { "aria-label": "Colour of the map", onchange: () => { of.at.colour = colour.value; of.keep(); this.recolour(); } }, ["layer", "density", "class", "kind"].map((c) => el("option", { value: c }, c)));
      of.controls.colour = colour;
      const press = (text, label, act) => el("button", { type: "button", "aria-label": label, title: label, onclick: () => { act(); this.draw(); } }, text);
      let from = null;
      this.canvas.addEventListener("pointerdown", (e) => { from = [e.clientX, e.clientY, this.x, this.y, false]; this.canvas.setPointerCapture(e.pointerId); });
      this.canvas.addEventListener("pointermove", (e) => {
        if (!from) { this.point(e); return; }
        const side = this.canvas.getBoundingClientRect().width;
        const [dx, dy] = [e.clientX - from[0], e.clientY - from[1]];
        if (Math.hypot(dx, dy) > 4) from[4] = true;
        if (from[4]) { this.x = from[2] - (dx / side) * (this.range / this.zoom); this.y = from[3] + (dy / side) * (this.range / this.zoom); this.draw(); }
      });
      this.canvas.addEventListener("pointerup", (e) => { const moved = from && from[4]; from = null; const i = this.near(e); if (!moved && i >= 0) location.hash = nameOf(i); });
      this.canvas.addEventListener("pointerleave", () => { this.tip.textContent = this.hint; });
      this.canvas.addEventListener("wheel", (e) => { if (e.ctrlKey || e.metaKey) { e.preventDefault(); this.zoom = Math.max(1, this.zoom * Math.exp(-e.deltaY / 200)); this.draw(); } }, { passive: false });
      new ResizeObserver(() => this.draw()).observe(this.canvas);
      matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.recolour());
      this.hint = "Each point is a neuron: hover for what it says, click for its page. The table lists the same neurons.";
      this.tip.textContent = this.hint;
      this.legend = el("div", { class: "ee-legend" });
      const shares = data.shares.map((s) => number(100 * s, 3) + " %").join(" and ");
      return el("section", { class: "ea-side", "aria-label": "Map of all neurons" },
        el("div", { class: "ea-maphead" }, el("h2", null, "Map"), el("label", null, "Colour ", colour), press("+", "Zoom in", () => { this.zoom *= 2; }), press("\u2212", "Zoom out", () => { this.zoom = Math.max(1, this.zoom / 2); }),
          press("Reset", "Show the whole map", () => { this.zoom = 1; this.x = this.y = 0; })),
        this.canvas, this.tip, this.legend,
        el("p", { class: "ee-note" }, `Directions of value vectors in the residual stream, by their first two principal components, which have ${shares} of the variance. Neurons that do not fit the search are grey.`));
    },

    mark(found) {
      this.marked.fill(0);
      for (const i of found) this.marked[i] = 1;
      this.canvas.setAttribute("aria-label", `Map of ${many(count)} neurons, of which ${many(found.length)} fit the search; the table lists them.`);
      this.recolour();
    },

    recolour() {
      const by = this.front.at.colour;
      this.rgb = new Uint32Array(count);
      const pack = ([r, g, b]) => (255 << 24) | (b << 16) | (g << 8) | r;
      const ramp = Array.from({ length: 256 }, (_, i) => pack(viridis(seen(i / 255))));
      const hues = data.titles.map((_, c) => pack(hue((c * 0.618034) % 1)));
      const [ffn, msa, none] = [pack([209, 73, 91]), pack([88, 122, 201]), pack([150, 150, 150])];
      for (let i = 0; i < count; i++) {
        this.rgb[i] = by === "kind" ? (isMsa(i) ? msa : ffn) : by === "class" ? (col.class[i] ? hues[col.class[i] - 1] : none)
          : ramp[Math.round(255 * (by === "density" ? 1 + Math.log10(Math.max(1e-4, col.density[i])) / 4 : layerOf(i) / Math.max(1, data.layers - 1)))];
      }
      this.legend.replaceChildren(...(by === "kind" ? [swatch([209, 73, 91], "FFN "), swatch([88, 122, 201], "MSA")] : by === "class" ? ["A colour for each class that a neuron improves most; hover names it."] : scale(by)));
      this.draw();
    },

    draw() {
      if (this.asked || !this.rgb) return;
      this.asked = true;
      requestAnimationFrame(() => { this.asked = false; this.paint(); });
    },

    paint() {
      const side = Math.round(this.canvas.clientWidth * (window.devicePixelRatio || 1));
      if (!side) return;
      if (this.canvas.width !== side) this.canvas.width = this.canvas.height = side;
      const context = this.canvas.getContext("2d");
      const pixels = context.createImageData(side, side);
      const out = new Uint32Array(pixels.data.buffer);
      const grey = isDark() ? 0xff38302a : 0xffe6e2de;
      const dot = Math.max(1, Math.round((side / 420) * (count > 30000 ? 1 : 2) * Math.min(3, Math.sqrt(this.zoom))));
      const scale = (side * 0.96 * this.zoom) / this.range;
      const stride = count % 7919 ? 7919 : 7907; // primes
      for (const pass of [0, 1]) {
        for (let k = 0; k < count; k++) {
          const i = (k * stride) % count; // in no order: else the last layer hides the others
          if (this.marked[i] !== pass) continue;
          const px = Math.round(side / 2 + (col.x[i] - this.middle[0] - this.x) * scale);
          const py = Math.round(side / 2 - (col.y[i] - this.middle[1] - this.y) * scale);
          if (px < 0 || py < 0 || px + dot > side || py + dot > side) continue;
          const colour = pass ? this.rgb[i] : grey;
          for (let a = 0; a < dot; a++) out.fill(colour, (py + a) * side + px, (py + a) * side + px + dot);
        }
      }
      context.putImageData(pixels, 0, 0);
    },

    /** The neuron that fits the search under the pointer; −1 for none. */
    near(event) {
      const box = this.canvas.getBoundingClientRect();
      const scale = (box.width * 0.96 * this.zoom) / this.range;
      const [x, y] = [event.clientX - box.left - box.width / 2, -(event.clientY - box.top - box.height / 2)];
      let best = -1, least = 100;
      for (let i = 0; i < count; i++) {
        if (!this.marked[i]) continue;
        const d = (x - (col.x[i] - this.middle[0] - this.x) * scale) ** 2 + (y - (col.y[i] - this.middle[1] - this.y) * scale) ** 2;
        if (d < least) { least = d; best = i; }
      }
      return best;
    },

    point(event) {
      const i = this.near(event);
      this.canvas.style.cursor = i < 0 ? "grab" : "pointer";
      this.tip.textContent = i < 0 ? this.hint : [nameOf(i), saysOf(i).length ? "says " + saysOf(i).join(", ") : "", classOf(i) ? "improves " + classOf(i) : "", "density " + number(col.density[i])].filter(Boolean).join(" · ");
    },
  };

  function ends(values) {
    let [least, most] = [Infinity, -Infinity];
    for (const v of values) { if (v < least) least = v; if (v > most) most = v; }
    return [least, most];
  }

  function viridis(t) {
    const at = Math.min(1, Math.max(0, t)) * (VIRIDIS.length - 1);
    const low = Math.min(Math.floor(at), VIRIDIS.length - 2);
    return VIRIDIS[low].map((c, k) => Math.round(c + (at - low) * (VIRIDIS[low + 1][k] - c)));
  }

  const isDark = () => matchMedia("(prefers-color-scheme: dark)").matches;
  const seen = (t) => (isDark() ? 0.22 + 0.78 * t : t); // the darkest violet is no colour on a dark page

  const hue = (h) => [0, 1 / 3, 2 / 3].map((off) => Math.round(70 + 150 * (0.5 + 0.5 * Math.cos(2 * Math.PI * (h - off)))));

  function swatch(rgb, text) {
    const box = el("i", { class: "ea-swatch" });
    box.style.background = `rgb(${rgb})`;
    return el("span", null, box, text);
  }

  function scale(by) {
    const strip = el("div", { class: "ea-strip", role: "img", "aria-label": "Colours of " + by });
    strip.style.background = `linear-gradient(to right, ${VIRIDIS.map((_, c) => `rgb(${viridis(seen(c / (VIRIDIS.length - 1)))})`)})`;
    const ticks = by === "density" ? ["0.0001", "0.001", "0.01", "0.1", "1"] : ["layer 0", "layer " + (data.layers - 1)];
    return [strip, el("div", { class: "ee-ticks" }, ticks.map((t) => el("span", null, t)))];
  }

  // ---- the page of a neuron ----

  const neuron = {
    build() { this.view = el("article", { class: "ee-page", "aria-label": "Page of a neuron", hidden: true }); },

    async open(i) {
      this.now = i;
      this.head(i);
      try {
        const [layer, images] = await Promise.all([need("layer-" + layerOf(i)), need("images")]);
        if (this.now === i && !this.view.hidden) this.draw(i, layer[i % each()], images);
      } catch (failure) {
        if (this.now === i) this.rest.replaceChildren(el("p", { role: "alert", class: "ee-chance" }, failure.message));
      }
    },

    head(i) {
      const name = nameOf(i);
      const c = i % each();
      const place = `${isMsa(i) ? "MSA" : "FFN"} neuron, layer ${layerOf(i)}, ` + (isMsa(i) ? `head ${Math.floor(c / data.head)}, channel ${c % data.head}` : `channel ${c - data.width}`);
      const step = (by, text, label) => {
        const to = i + by;
        const off = to < 0 || to >= count;
        return off ? el("span", { class: "ea-off", "aria-hidden": "true" }, text) : el("a", { class: "ea-button", href: "#" + nameOf(to), "aria-label": `${label}: ${nameOf(to)}` }, text);
      };
      this.rest = el("div", null, el("p", { class: "ee-note" }, "Loading\u2026"));
      this.title = el("h2", { tabindex: -1 }, name);
      this.view.replaceChildren(
        el("nav", { class: "ea-nav", "aria-label": "Neurons" }, el("a", { class: "ea-button", href: "#" + front.address() }, "\u2190 All neurons"), step(-1, "\u2039", "Previous neuron"), step(1, "\u203a", "Next neuron")),
        el("div", { class: "ee-head" }, this.title, el("span", { class: "ee-soft" }, place), el("span", { class: "ee-push" }), el("a", { class: "ee-soft", href: "#" + name, title: "The address of this page" }, "#" + name)),
        el("div", { class: "ee-facts" }, fact(number(col.density[i]), `density, |m| > ${data.threshold}`), fact(number(col.mean[i]), "mean m"), fact(number(col.deviation[i]), "deviation"),
          fact(`${number(col.least[i])} to ${number(col.greatest[i])}`, "m, least to greatest"), fact(col.turned[i] ? "\u22121" : "+1", "sign (A.2)")),
        this.rest);
    },

    draw(i, page, images) {
      const [highest, ...others] = LISTS.map(([title, kind], t) => this.images(title, kind, page.t[t], images));
      this.rest.replaceChildren(
        this.says(i), highest,
        el("div", { class: "ee-grid" }, this.classes(i, page), this.nearest(page), this.histogram(page)), ...others,
        el("p", { class: "ee-note" }, `m is the coefficient at the class token. In a notebook, %neuron ${nameOf(i)} shows where it looks, %explore ${nameOf(i)} what drives it.`));
    },

    says(i) {
      const said = saysOf(i);
      return el("section", null, el("h3", null, "What it says" + (col.turned[i] ? " (turned around)" : "")),
        said.length ? el("ul", { class: "ea-words" }, said.map((w) => el("li", null, el("a", { href: "#" + new URLSearchParams({ find: w, in: "words" }), title: "Neurons that say it too" }, w)))) : el("p", { class: "ee-note" }, "Nothing: the survey had no words, or its value vector has no direction."));
    },

    classes(i, page) {
      const title = el("h3", null, "Classes it improves");
      const [which, improvements, coefficients] = page.c;
      if (!which.length) return el("section", null, title, el("p", { class: "ee-note" }, "The survey had no classes."));
      return el("section", null, title, linked(which.map((c, r) => [el("a", { href: "#" + new URLSearchParams({ find: data.titles[c], in: "classes" }), title: "Neurons that improve it most" }, data.titles[c]), improvements[r], `mean m ${number(coefficients[r])}`])),
        el("p", { class: "ee-note" }, `Mean improvement over the images of a class (Eq. 11, 12)` + (page.i === null ? "." : `; over all ${many(data.labelled)} images with a class ${signed(page.i)}.`)));
    },

    histogram(page) {
      const [width, height, foot] = [460, 130, 18];
      const most = Math.sqrt(Math.max(...page.h, 1));
      const bin = width / page.h.length;
      const graph = svg("svg", { viewBox: `0 0 ${width} ${height + foot}`, role: "img", "aria-label": described(page.h) });
      page.h.forEach((n, b) => {
        const high = (height * Math.sqrt(n)) / most; // or one bar is all that is seen
        if (n) graph.append(svg("rect", { class: "ea-bin", x: (b * bin + 0.5).toFixed(2), width: (bin - 1).toFixed(2), y: (height - high).toFixed(2), height: high.toFixed(2) }, svg("title", null, `${range(b)}: ${many(n)} images`)));
      });
      graph.append(svg("path", { class: "ea-axis", d: `M0,${height}H${width}` }));
      const half = (page.h.length - 1) / 2;
      for (const [value, text] of [[-32, "\u221232"], [-1, "\u22121"], [-0.03125, "\u22120.03"], [0, "0"], [0.03125, "0.03"], [1, "1"], [32, "32"]]) {
        const off = value ? Math.sign(value) * (2 * (Math.log2(Math.abs(value)) + 10) + 0.5) : 0;
        graph.append(svg("text", { class: "ee-small", x: ((half + off + 0.5) * bin).toFixed(1), y: height + 13, "text-anchor": "middle" }, text));
      }
      return el("section", null, el("h3", null, "Coefficients m"), graph, el("p", { class: "ee-note" }, `How many of ${many(data.images)} images have which m; two bars an octave and one around 0. A bar is as high as the square root of its number.`));
    },

    nearest(page) {
      const [which, cosines] = page.n;
      return el("section", null, el("h3", null, "Nearest neurons"), which.length ? linked(which.map((n, r) => [link(n), cosines[r], saysOf(n).slice(0, 3).join(", ")])) : null,
        el("p", { class: "ee-note" }, "By the cosine of their value vectors in the residual stream."));
    },

    images(title, kind, [which, values], images) {
      if (!which.length) return el("section", null, el("h3", null, title), el("p", { class: "ee-note" }, "None."));
      return el("section", null, el("h3", null, title), el("ul", { class: "ee-thumbs" }, which.map((image, r) => {
        const name = images.names[image];
        const value = number(values[r]);
        const about = `${name}: ${kind === "improvement" ? "improvement" : "m"} ${value}`;
        return el("li", { class: "ea-thumb", title: name }, thumb(images, image, about), el("span", { class: "ee-number" }, value), el("span", { class: "ea-caption" }, name.slice(name.lastIndexOf("/") + 1)));
      })));
    },
  };

  function thumb(images, image, about) {
    const tile = images.tiles[image];
    if (tile < 0) return el("div", { class: "ea-missing", role: "img", "aria-label": `${about}. The image is missing` }, images.changed.includes(image) ? "changed since" : "missing");
    const of = data.perRow * data.perRow;
    const [x, y] = [tile % data.perRow, Math.floor((tile % of) / data.perRow)];
    const picture = el("div", { class: "ea-picture", role: "img", "aria-label": about });
    picture.style.backgroundImage = `url(images/sheet-${Math.floor(tile / of)}.jpg)`;
    picture.style.backgroundSize = `${100 * data.perRow}% ${100 * data.perRow}%`;
    picture.style.backgroundPosition = `${(100 * x) / (data.perRow - 1)}% ${(100 * y) / (data.perRow - 1)}%`;
    return picture;
  }

  /** Rows of a link, a bar and a number. */
  function linked(rows) {
    const least = Math.min(0, ...rows.map((r) => r[1]));
    const all = Math.max(0, ...rows.map((r) => r[1])) - least || 1;
    return el("div", { class: "ee-bars" }, rows.flatMap(([first, value, tip]) => [el("span", { title: tip }, first), track(value, least, all), el("span", { class: "ee-number", title: tip }, signed(value))]));
  }

  function range(b) {
    const edge = (e) => number(e, 2);
    if (b === 0) return `m below ${edge(data.edges[0])}`;
    return b === data.edges.length ? `m from ${edge(data.edges[b - 1])}` : `m from ${edge(data.edges[b - 1])} to ${edge(data.edges[b])}`;
  }

  function described(h) {
    const most = h.reduce((best, n, b) => (n > h[best] ? b : best), 0);
    return `Histogram of m. Most images, ${many(h[most])} of ${many(data.images)}, have ${range(most)}.`;
  }

  // ---- addresses ----

  let scrolled = 0;
  let last = -1;

  function route() {
    const address = decode(location.hash.slice(1));
    const i = NAME.test(address) ? indexOf(address) : -1;
    const wasFront = !front.view.hidden;
    if (i >= 0) {
      if (wasFront) scrolled = scrollY;
      front.view.hidden = true;
      neuron.view.hidden = false;
      document.title = `${address} · ${data.title}`;
      neuron.open(i);
      last = i;
      scrollTo(0, 0);
      neuron.title.focus({ preventScroll: true });
      return;
    }
    neuron.view.hidden = true;
    front.view.hidden = false;
    document.title = data.title;
    front.open(location.hash.slice(1));
    if (NAME.test(address)) front.told.textContent = `This model has no neuron ${address}. ` + front.told.textContent;
    if (!wasFront) {
      scrollTo(0, scrolled);
      const row = last < 0 ? null : front.body.querySelector(`a[href="#${nameOf(last)}"]`);
      (row || front.controls.find).focus({ preventScroll: true });
    }
  }

  function decode(text) {
    try { return decodeURIComponent(text); } catch { return text; }
  }

  async function start() {
    try {
      data = await need("front");
      count = data.layers * each();
      await need("numbers", columns);
    } catch (failure) {
      root.append(el("p", { role: "alert", class: "ea-told" }, failure.message));
      return;
    }
    front.build();
    neuron.build();
    root.append(front.view, neuron.view, el("footer", { class: "ee-foot" }, data.foot));
    history.scrollRestoration = "manual";
    addEventListener("hashchange", route);
    route();
    root.setAttribute("data-drawn", "");
  }

  start();
})();
