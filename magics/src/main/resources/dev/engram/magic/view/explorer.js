// Draws every explorer of the page that has not been drawn yet: many neurons in a list, or the page of one (data.single),
// which keeps the sections of its still that there is nothing to draw of. What came from outside becomes text nodes,
// attributes of our own choice and numbers, never markup.
(function () {
  "use strict";
  const { el, svg, number, signed, track, bars, fact, caption } = window.engramElements;
  const NEURON = /^#(?:([\w-]+)\/)?(L\d+(?:F\d+|A\d+H\d+|S\d+))$/;

  // Shares travel as 16-bit integers in base64, little-endian, of which 32767 is the end of the neuron's scale.
  function shares(text, scale) {
    const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
    const view = new DataView(bytes.buffer);
    return Float64Array.from({ length: bytes.length / 2 }, (_, i) => (view.getInt16(2 * i, true) / 32767) * scale);
  }

  // Blue pulls down, nothing is clear, orange to red drives: of −1 to 1, with its opacity.
  function colour(t) {
    const s = Math.min(1, Math.abs(t));
    const [from, to] = t < 0 ? [[96, 150, 240], [22, 62, 170]] : [[255, 160, 20], [200, 16, 40]];
    return [...from.map((c, i) => Math.round(c + (to[i] - c) * s)), Math.round(235 * Math.pow(s, 0.6))];
  }

  /** Where the largest of numbers is, whatever its sign. */
  const largest = (values) => values.reduce((best, v, i) => (Math.abs(v) > Math.abs(values[best]) ? i : best), 0);

  class Explorer {
    constructor(root) {
      this.root = root;
      this.data = JSON.parse(root.querySelector("script.engram-data").textContent);
      this.unit = this.data.unit || "neuron"; // or "feature", of a sparse autoencoder
      this.alone = root.hasAttribute("data-alone");
      this.notebook = !this.alone && (document.body.hasAttribute("data-jp-theme-light") || !!root.closest(".jp-OutputArea, .lm-Widget"));
      this.byName = new Map(this.data.neurons.map((n) => [n.name, n]));
      root.engramNeurons = this.byName; // for neurons.js, which leads to them from tables and figures
      root.engramVisit = (name) => this.visit(name);
      this.pictures = this.data.images.map((image) => Object.assign(new Image(), { src: image.src }));
      this.trail = [];
      this.at = -1;
      this.split = 50;
      this.build();
      this.listen();
      const wanted = this.named(location.hash);
      this.open(wanted || this.data.neurons[0].name, false);
    }

    /** The neuron of an address, if this explorer has it and is meant. */
    named(hash) {
      let address = hash;
      try { address = decodeURIComponent(hash); } catch { /* a heading's anchor with a bare % */ }
      const found = NEURON.exec(address);
      if (!found || !this.byName.has(found[2])) return null;
      return !found[1] || found[1] === this.data.id ? found[2] : null;
    }

    build() {
      const { data } = this;
      const option = (value, text) => el("option", { value }, text);
      const redraw = () => this.list();
      this.sort = el("select", { onchange: redraw }, (data.sorts || []).map((s, i) => option(i, s.name)));
      this.layer = el("select", { onchange: redraw }, option("", "all"),
        [...new Set(data.neurons.map((n) => n.layer))].sort((a, b) => a - b).map((l) => option(l, String(l))));
      this.kind = el("select", { onchange: redraw }, option("", "all"), (this.unit === "neuron" ? ["FFN", "MSA"] : []).map((kind) => option(kind, kind)));
      this.word = el("input", { type: "search", oninput: redraw, placeholder: "a word, a name, an entity", autocomplete: "off", spellcheck: "false" });
      this.rows = el("ul", { class: "ee-list", role: "listbox", "aria-label": this.unit === "neuron" ? "Neurons" : "Features", onkeydown: (e) => this.key(e) });
      this.page = el("article", { class: "ee-page", "aria-label": "Page of a " + this.unit });
      this.spoken = el("div", { class: "ee-hidden", "aria-live": "polite" });
      const named = (text, control, wide) => el("label", { class: wide ? "ee-wide" : "" }, text, control);
      const left = el("div", { class: "ee-left" },
        el("div", { class: "ee-tools" }, named("Sort by", this.sort, true), named("Layer", this.layer), this.unit === "neuron" ? named("Kind", this.kind) : "", named("Find", this.word, true)),
        this.rows);
      this.kept = [...this.root.querySelectorAll("section.engram-kept")];
      this.root.querySelectorAll(".engram-kept pre").forEach((pre) => { pre.tabIndex = 0; }); // it scrolls on a narrow page
      this.root.replaceChildren(
        this.root.querySelector("style"), this.root.querySelector("script.engram-data"),
        ...(data.single ? [this.page] : [
          el("header", { class: "ee-top" }, el("h2", null, data.title), el("span", { class: "ee-soft" }, data.summary)),
          el("div", { class: "ee-body" }, left, this.page)]),
        el("footer", { class: "ee-foot" }, data.foot), this.spoken);
      this.root.setAttribute("data-lm-suppress-shortcuts", "true"); // in JupyterLab keys would go to the notebook
      this.root.setAttribute("role", "region");
      this.root.setAttribute("aria-label", (data.single ? "" : "Explorer: ") + data.title);
    }

    /** The browser's history belongs to a page of its own; in a notebook or report an explorer keeps its own. */
    listen() {
      const follow = () => { const name = this.named(location.hash); if (name) this.open(name, false); };
      if (this.alone) {
        addEventListener("popstate", (e) => {
          const at = e.state ? e.state.at : -1;
          const known = at in this.trail && [null, this.trail[at]].includes(this.named(location.hash));
          if (known) { this.at = at; this.show(); } else follow();
        });
      } else if (!this.notebook) addEventListener("hashchange", follow);
    }

    visit(name) {
      this.open(name, true);
      this.root.scrollIntoView({ block: "start" });
    }

    /** push: a step that Back undoes; else the page was asked for by its address, which is there already. */
    open(name, push) {
      if (this.trail[this.at] === name) return;
      this.trail.splice(++this.at, Infinity, name);
      if (this.alone && push) history.pushState({ at: this.at }, "", "#" + name);
      else if (this.alone) history.replaceState({ at: this.at }, "");
      else if (!this.notebook && push) history.replaceState(history.state, "", `#${this.data.id}/${name}`);
      this.show();
    }

    step(by) {
      if (this.alone) { history.go(by); return; }
      this.at += by;
      this.show();
    }

    show() {
      this.neuron = this.byName.get(this.trail[this.at]);
      if (!this.data.single) this.list();
      this.draw();
      this.spoken.textContent = "Page of " + this.neuron.name;
    }

    list() {
      const sort = this.data.sorts[this.sort.value];
      const text = this.word.value.trim().toLowerCase();
      const value = (n) => sort.path.reduce((v, key) => v[key], n);
      const shown = this.data.neurons.filter((n) =>
        (this.layer.value === "" || n.layer === Number(this.layer.value)) && (!this.kind.value || n.kind === this.kind.value) &&
        (!text || [n.name, this.data.subjects[n.subject].title, ...n.words.map((w) => w[0])].some((w) => w.toLowerCase().includes(text))));
      shown.sort((a, b) => (sort.ascending ? 1 : -1) * (value(a) - value(b)));
      const most = Math.max(...shown.map((n) => Math.abs(value(n))), 1e-30);
      const least = Math.min(0, ...shown.map(value));
      const range = Math.max(0, ...shown.map(value)) - least || most;
      const focused = this.rows.contains(document.activeElement);
      this.rows.replaceChildren(...shown.map((n) => this.row(n, value(n), sort, least, range)));
      if (!shown.length) this.rows.append(el("li", { class: "ee-none", role: "option", "aria-disabled": "true", "aria-selected": "false" }, `No ${this.unit} fits. Change the filters above.`));
      const current = this.rows.querySelector('[aria-selected="true"]') || this.rows.querySelector(".ee-row");
      if (current) current.tabIndex = 0;
      if (current && focused) current.focus();
      if (current && current.offsetTop) this.rows.scrollTop = Math.max(0, current.offsetTop - this.rows.offsetTop - this.rows.clientHeight / 2);
    }

    row(n, value, sort, least, range) {
      const said = n.words.filter((w) => w[1] > 0).slice(0, 3).map((w) => w[0]).join(", ");
      const about = this.data.subjects.length > 1 ? this.data.subjects[n.subject].title + (said ? " · " : "") : "";
      return el("li", {
        class: "ee-row", role: "option", tabindex: -1, "data-neuron": n.name, "aria-selected": String(n === this.neuron),
        "aria-label": `${n.name}, ${sort.name} ${number(value)}, says ${said || "nothing"}`, onclick: () => this.open(n.name, true),
      }, el("span", { class: "ee-name" }, n.name), track(value, least, range), el("span", { class: "ee-number" }, number(value)),
        el("span", { class: "ee-says" + (n.grey ? " ee-dim" : "") }, about + said));
    }

    key(event) {
      const rows = [...this.rows.querySelectorAll(".ee-row")];
      const at = rows.indexOf(event.target.closest(".ee-row"));
      const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: rows.length - 1 }[event.key];
      if (to !== undefined && rows[to]) {
        rows.forEach((row) => { row.tabIndex = -1; });
        rows[to].tabIndex = 0;
        rows[to].focus();
      } else if ((event.key === "Enter" || event.key === " ") && at >= 0) this.open(rows[at].dataset.neuron, true);
      else if (to === undefined) return;
      event.preventDefault();
      event.stopPropagation();
    }

    draw() {
      const n = this.neuron;
      const about = this.data.subjects[n.subject];
      const address = "#" + (this.alone || this.notebook ? "" : this.data.id + "/") + n.name;
      const { single } = this.data;
      this.page.replaceChildren(
        el("div", { class: "ee-head" }, el("h3", null, n.name), el("span", { class: "ee-soft" }, n.place), el("span", { class: "ee-push" }),
          single ? null : el("button", { type: "button", "aria-label": "Back", disabled: this.at === 0, onclick: () => this.step(-1) }, "\u2190", el("span", { class: "ee-wordy" }, " Back")),
          single ? null : el("button", { type: "button", "aria-label": "Forward", disabled: this.at >= this.trail.length - 1, onclick: () => this.step(1) }, el("span", { class: "ee-wordy" }, "Forward "), "\u2192"),
          el("a", { class: "ee-soft", href: address, title: "The address of this page", onclick: (e) => { if (this.notebook) e.preventDefault(); } }, address)),
        el("div", { class: "ee-facts" }, this.data.scores.map((s, i) =>
          fact(number(n.scores[i][0]), `${s}, rank ${n.scores[i][1].toLocaleString("en")}`)),
          this.unit === "neuron" ? fact(n.sign < 0 ? "\u22121" : "+1", "sign (A.2)") : ""),
        el("p", { class: "ee-note" }, n.told || `Scored on ${about.images} ${about.images === 1 ? "image" : "images"} of ${about.title} with \u201c${about.label}\u201d; mean cosine ${number(about.cosine, 4)}.`),
        this.where(n, about), this.strongest(n),
        el("div", { class: "ee-grid" }, el("div", null, this.says(n), this.histogram(n)), this.without(n, about), this.entities(n), this.drives(n)),
        ...this.kept);
      window.engramNeurons.link();
    }

    where(n, about) {
      const title = el("h4", null, "Where it looks");
      if (!n.looks.length || !n.looks[0].z) return el("section", null, title, el("p", null, n.undefined), this.thumbs("Images that drive it most", n, n.drive));
      this.view = el("canvas", { class: "ee-view", width: 600, height: 600, tabindex: 0, role: "application", "aria-roledescription": "picture" });
      this.read = el("p", { class: "ee-read", role: "status" });
      this.cell = null; // of the patch that the arrow keys read: row, column
      const wipe = el("input", { type: "range", min: 0, max: 100, value: this.split, "aria-label": "How much of each picture is the heatmap" });
      wipe.addEventListener("input", () => { this.split = Number(wipe.value); this.paint(); });
      this.view.addEventListener("pointermove", (e) => {
        const box = this.view.getBoundingClientRect();
        if (e.buttons) { this.split = Math.max(0, Math.min(100, 100 - (100 * (e.clientX - box.left)) / box.width)); wipe.value = this.split; this.paint(); }
        this.point((e.clientX - box.left) / box.width, (e.clientY - box.top) / box.height);
      });
      this.view.addEventListener("pointerleave", () => this.point());
      this.view.addEventListener("keydown", (e) => this.patch(e));
      this.view.addEventListener("blur", () => { if (this.cell) { this.cell = null; this.paint(); } });
      this.look = n.looks[n.on.length ? strongest(n, n.on) : n.drive[0]];
      const groups = n.groups || [
        ["Images of " + about.title + (about.shown < about.images ? ` (${about.shown} of ${about.images} images, evenly spread)` : ""), n.on],
        ["Images of the whole set that drive it most" + (n.sign < 0 ? " (turned around: the lowest coefficients)" : ""), n.drive]];
      const section = el("section", null, title, el("div", { class: "ee-looks" },
        el("div", null, this.view, el("div", { class: "ee-wipe" }, "image", wipe, "heatmap"), legend(n), this.read),
        el("div", null, groups.map(([title, which]) => this.thumbs(title, n, which)))));
      this.paint();
      return section;
    }

    strongest(n) {
      if (!n.atlas || !n.atlas.length) return "";
      return el("p", { class: "ee-note" }, `${n.sign < 0 ? "Lowest coefficients (turned around)" : "Strongest"} of ${this.data.atlas}: ${n.atlas.map(([image, m]) => `${image} ${number(m)}`).join(", ")}.`);
    }

    thumbs(title, n, which) {
      return el("div", null, el("h4", null, title), el("div", { class: "ee-thumbs" }, which.map((i) => {
        const look = n.looks[i];
        const canvas = el("canvas", { width: 150, height: 150, role: "img" });
        const button = el("button", { type: "button", class: "ee-thumb", onclick: () => { this.look = look; this.paint(); } },
          canvas, number(look.m), caption(this.data.images[look.i].title));
        canvas.look = look;
        return button;
      })));
    }

    /** Every picture of the page, with the same part of each under its heatmap. */
    paint() {
      const n = this.neuron;
      if (this.view) {
        this.view.look = this.look;
        const side = this.cell && this.side(n, this.look);
        if (side) this.point((this.cell[1] + 0.5) / side, (this.cell[0] + 0.5) / side);
        else this.point();
      }
      requestAnimationFrame(() => {
        for (const canvas of this.page.querySelectorAll("canvas.ee-view, .ee-thumb canvas")) {
          this.picture(canvas, n, canvas.look);
          const pressed = String(canvas.look === this.look);
          if (canvas.parentNode.matches(".ee-thumb")) canvas.parentNode.setAttribute("aria-pressed", pressed);
        }
      });
    }

    picture(canvas, n, look) {
      const image = this.pictures[look.i];
      canvas.setAttribute("aria-label", this.described(n, look) + (canvas === this.view ? " Arrow keys read single patches." : ""));
      if (!image.complete) { image.addEventListener("load", () => this.picture(canvas, n, look), { once: true }); return; }
      const [w, h] = [canvas.width, canvas.height];
      const context = canvas.getContext("2d");
      context.imageSmoothingQuality = "high";
      context.drawImage(image, 0, 0, w, h);
      if (!look.z) return;
      const from = Math.round((w * (100 - this.split)) / 100);
      context.save();
      context.beginPath();
      context.rect(from, 0, w - from, h);
      context.clip();
      context.globalCompositeOperation = "saturation"; // the picture's own red is no heat
      context.fillStyle = "#808080";
      context.fillRect(0, 0, w, h);
      context.globalCompositeOperation = "source-over";
      context.fillStyle = "rgba(255,255,255,.5)";
      context.fillRect(0, 0, w, h);
      context.drawImage(this.map(n, look), 0, 0, w, h);
      context.restore();
      if (canvas === this.view && from > 0 && from < w) {
        context.fillStyle = "rgba(20,24,31,.85)";
        context.fillRect(from - 1, 0, 3, h);
      }
      if (canvas === this.view && this.cell) {
        const size = w / this.side(n, look);
        for (const [width, style] of [[6, "#fff"], [2, "#14181f"]]) {
          context.lineWidth = width;
          context.strokeStyle = style;
          context.strokeRect(this.cell[1] * size, this.cell[0] * size, size, size);
        }
      }
    }

    /** Arrow keys read single patches, from the strongest one on; Escape ends it. */
    patch(event) {
      const step = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key];
      if (!step && !(event.key === "Escape" && this.cell)) return;
      const side = this.side(this.neuron, this.look);
      if (!step) this.cell = null;
      else if (this.cell) this.cell = this.cell.map((at, i) => Math.max(0, Math.min(side - 1, at + step[i])));
      else {
        const most = largest(this.values(this.neuron, this.look));
        this.cell = [Math.floor(most / side), most % side];
      }
      this.paint();
      event.preventDefault();
      event.stopPropagation();
    }

    /** A pixel for each patch; the browser smooths between them. */
    map(n, look) {
      if (look.drawn) return look.drawn;
      const values = this.values(n, look);
      const side = Math.round(Math.sqrt(values.length));
      const canvas = el("canvas", { width: side, height: side });
      const pixels = canvas.getContext("2d").createImageData(side, side);
      values.forEach((v, i) => pixels.data.set(colour(v / (n.scale || 1)), 4 * i));
      canvas.getContext("2d").putImageData(pixels, 0, 0);
      return (look.drawn = canvas);
    }

    /** Patches along a side. */
    side(n, look) { return Math.round(Math.sqrt(this.values(n, look).length)); }

    values(n, look) { return look.values || (look.values = shares(look.z, n.scale)); }

    described(n, look) {
      const whole = this.unit === "neuron";
      const said = `${this.data.images[look.i].title}: coefficient ${whole ? "" : "at the class token "}${number(look.m)}`;
      if (!look.z) return said;
      const values = this.values(n, look);
      const side = this.side(n, look);
      const most = largest(values);
      return `${said}. Its strongest patch, row ${Math.floor(most / side)} and column ${most % side} (from 0), has ${signed(values[most])}${whole ? " of it" : ""}.`;
    }

    point(x, y) {
      const n = this.neuron;
      if (x === undefined || x < 0 || y < 0 || x >= 1 || y >= 1) { this.read.textContent = this.described(n, this.look); return; }
      const values = this.values(n, this.look);
      const side = this.side(n, this.look);
      const [row, column] = [Math.floor(y * side), Math.floor(x * side)];
      this.read.textContent = `${this.data.images[this.look.i].title}, row ${row}, column ${column}: ${signed(values[row * side + column])} (${n.unit})`;
    }

    says(n) {
      const title = el("h4", null, "What it says" + (n.sign < 0 ? " (turned around)" : ""));
      if (n.residual === null) return el("section", null, title, el("p", { class: "ee-note" }, n.wordless));
      const most = Math.max(...n.words.map((w) => Math.abs(w[1])), 1e-30);
      const least = Math.min(0, ...n.words.map((w) => w[1]));
      const verdict = `Residual ${number(n.residual)}: what the words leave unsaid, from 0 to 1. ${n.chance || ""}`;
      return el("section", null, title,
        el("div", { class: "ee-bars" + (n.grey ? " ee-dim" : "") }, bars(n.words.map((w) => [w[0], w[1], signed(w[1])]), least, Math.max(most, most - least))),
        el("p", { class: "ee-note" + (n.grey ? " ee-chance" : "") }, verdict));
    }

    without(n, about) {
      if (n.without) return this.withoutOfSeveral(n);
      const [before, residual, complete] = n.fall;
      const rows = [["direct part out", residual - before], ["removed", complete - before]].map(([name, fall]) => [name, fall, signed(fall)]);
      const falls = this.data.neurons.flatMap((each) => each.drop.map((drop) => -drop));
      const least = Math.min(0, ...falls);
      return el("section", null, el("h4", null, "Without it"),
        el("div", { class: "ee-bars" }, bars(rows, least, Math.max(0, ...falls) - least || 1)),
        el("p", { class: "ee-note" }, `What becomes of ${number(before, 4)}, the mean cosine of ${about.shown === 1 ? "the image" : "the " + about.shown + " images"} above with \u201c${about.label}\u201d; bars of all ${this.unit}s have one scale. Out: its direct part is taken from the last residual stream. Removed: its coefficient is 0 at all tokens, and later layers answer (A.6).`));
    }

    /** The entities that it improves most, with both ways of taking it out, on one scale. */
    withoutOfSeveral(n) {
      const title = el("h4", null, "Without it");
      if (!n.without.length) return el("section", null, title, el("p", { class: "ee-note" }, n.unmissed));
      const falls = n.without.flatMap(([, before, residual, complete]) => [residual - before, complete - before]);
      const least = Math.min(0, ...falls);
      const part = (heading, at) => [el("p", { class: "ee-part" }, heading), el("div", { class: "ee-bars" }, bars(
        n.without.map((row) => [row[0], row[at] - row[1], signed(row[at] - row[1]), `${number(row[1], 4)} becomes ${number(row[at], 4)}`]), least, Math.max(0, ...falls) - least || 1))];
      return el("section", null, title, part("Direct part out", 2), part("Removed", 3),
        el("p", { class: "ee-note" }, "What is added to the mean cosine of the entities that it improves most with their labels. Out: its direct part is taken from the last residual stream. Removed: its coefficient is 0 at all tokens, and later layers answer (A.6)."));
    }

    entities(n) {
      const title = el("h4", null, "Entities raised and lowered");
      if (!n.raised.length && !n.lowered.length) return el("section", null, title, el("p", { class: "ee-note" }, n.noEntities || "The open images have no entities."));
      const rows = [...n.raised, ...n.lowered].map(([name, value, rank, m]) => [name, value, signed(value), (rank ? `rank ${rank.toLocaleString("en")} among all neurons, ` : "") + `mean m ${number(m)}`]);
      const least = Math.min(0, ...rows.map((r) => r[1]));
      return el("section", null, title, el("div", { class: "ee-bars" }, bars(rows, least, Math.max(0, ...rows.map((r) => r[1])) - least || 1)),
        el("p", { class: "ee-note" }, `Improvement; it raises ${n.count[0]} and lowers ${n.count[1]} of ${n.count[2] || n.count[0] + n.count[1]} entities.`));
    }

    /** Query neurons on the left, this neuron on the right; a line is as thick as its help. */
    drives(n) {
      const title = el("h4", null, "What drives it: query neurons");
      const { queries } = n;
      if (!queries || !queries.list.length) return el("section", null, title, el("p", { class: "ee-note" }, queries ? "No neuron precedes it: it reads the embedded patches alone." : n.undefined));
      const high = 34;
      const height = queries.list.length * high;
      const most = Math.max(...queries.list.map((q) => Math.abs(q[1])), 1e-30);
      const graph = svg("svg", { viewBox: `0 0 440 ${height}`, role: "group", "aria-label": `Query neurons of ${n.name}` });
      queries.list.forEach(([name, effect], i) => {
        const y = i * high + high / 2;
        graph.append(svg("path", { class: effect < 0 ? "ee-less" : "", "stroke-width": (0.6 + (6 * Math.abs(effect)) / most).toFixed(2), d: `M216,${y} C290,${y} 270,${height / 2} 344,${height / 2}` }));
      });
      queries.list.forEach(([name, effect, said], i) => graph.append(this.node(name, `${name}  ${signed(effect)}`, said, 0, i * high + 2, 216, high - 5)));
      graph.append(svg("g", { class: "ee-node ee-self" }, svg("rect", { x: 344, y: height / 2 - 16, width: 96, height: 32, rx: 7 }),
        svg("text", { x: 392, y: height / 2 + 4, "text-anchor": "middle" }, n.name)));
      const outside = queries.list.some((q) => !this.byName.has(q[0]));
      return el("section", null, title, graph, el("p", { class: "ee-note" },
        `Effects on ${this.data.images[queries.image].title}` + (n.driven ? ` (Eq. 13 to 20). ${n.driven}` : `, of a coefficient of ${number(queries.c)} (Eq. 13 to 20).`) +
        (outside ? ` A dashed neuron has no page here: click it for the line that shows it; %explore ${n.name} brings them all.` : "")));
    }

    /** How often which coefficient comes: images of entities and, where the set has some, of the background. */
    histogram(n) {
      if (!n.histogram) return null;
      const { centres, log, groups, told } = n.histogram;
      const [left, width, height] = [44, 416, 150];
      const all = groups.flatMap((g) => g.shares).filter((s) => s > 0);
      const [least, most] = [log ? Math.min(...all) / 2 : 0, Math.max(...all)];
      const tall = (share) => (share <= 0 ? 0 : (height * (log ? Math.log(share / least) / Math.log(most / least) : share / most)));
      const bin = width / centres.length;
      const graph = svg("svg", { viewBox: `0 0 ${left + width} ${height + 34}`, role: "img", "aria-label": groups.map((g) => {
        const top = g.shares.indexOf(Math.max(...g.shares));
        return `Most ${g.name}, ${percent(g.shares[top])}, have m about ${number(centres[top])}`;
      }).join(". ") });
      groups.forEach((g, which) => g.shares.forEach((share, i) => {
        if (share > 0) graph.append(svg("rect", { class: "ee-bin" + (which ? " ee-less" : ""), x: (left + i * bin + 0.5).toFixed(2), width: (bin - 1).toFixed(2), y: (height - tall(share)).toFixed(2), height: tall(share).toFixed(2) },
          svg("title", null, `m about ${number(centres[i])}: ${percent(share)} of ${g.name}`)));
      }));
      graph.append(svg("path", { class: "ee-axis", d: `M${left},0V${height}H${left + width}` }));
      const ticks = log ? [1, 0.1, 0.01, 0.001, 1e-4].filter((s) => s <= most && s >= least) : [most, most / 2];
      for (const share of ticks) graph.append(svg("text", { class: "ee-small", x: left - 5, y: height - tall(share) + 4, "text-anchor": "end" }, percent(share)));
      for (const i of [0, Math.floor((centres.length - 1) / 2), centres.length - 1]) {
        graph.append(svg("text", { class: "ee-small", x: left + (i + 0.5) * bin, y: height + 14, "text-anchor": i ? (i === centres.length - 1 ? "end" : "middle") : "start" }, number(centres[i])));
      }
      graph.append(svg("text", { class: "ee-small", x: left + width / 2, y: height + 30, "text-anchor": "middle" }, "coefficient m"));
      return el("section", null, el("h4", null, "How often it is active"), graph,
        groups.length > 1 ? el("p", { class: "ee-keys" }, groups.map((g, which) => el("span", null, el("i", { class: which ? "ee-less" : "" }), g.name))) : null,
        el("p", { class: "ee-note" }, told + (log ? " The shares stand on a logarithmic scale." : "")));
    }

    node(name, text, said, x, y, width, height) {
      const here = this.byName.has(name);
      const open = () => { if (here) this.open(name, true); else window.engramNeurons.show(name, node); };
      const keyed = (e) => { if (e.key === "Enter" || (!here && e.key === " ")) { e.preventDefault(); open(); } };
      const node = svg("g", { class: "ee-node", role: here ? "link" : "button", tabindex: 0, "aria-label": `${text}, says ${said}`, "data-neuron": name, onclick: open, onkeydown: keyed },
      svg("rect", { x, y, width, height, rx: 7 }), svg("text", { x: x + 8, y: y + 13 }, text),
      svg("text", { class: "ee-small", x: x + 8, y: y + 25 }, said.length > 34 ? said.slice(0, 33) + "\u2026" : said));
      return node;
    }
  }

  const percent = (share) => number(100 * share, 2) + "\u00a0%";

  function strongest(n, which) {
    return which.reduce((best, i) => (n.sign * n.looks[i].m > n.sign * n.looks[best].m ? i : best), which[0]);
  }

  function legend(n) {
    const canvas = el("canvas", { width: 201, height: 1, role: "img", "aria-label": `Colours from ${number(-n.scale)} to ${number(n.scale)}: ${n.unit}` });
    const context = canvas.getContext("2d");
    const pixels = context.createImageData(201, 1);
    for (let i = 0; i < 201; i++) pixels.data.set(colour((i - 100) / 100), 4 * i);
    context.putImageData(pixels, 0, 0);
    return el("div", { class: "ee-legend" }, canvas, el("div", { class: "ee-ticks" }, el("span", null, number(-n.scale)), el("span", null, "0"), el("span", null, signed(n.scale))),
      `${n.unit[0].toUpperCase()}${n.unit.slice(1)}; one scale for every picture of ${n.name}`);
  }

  for (const root of document.querySelectorAll(".engram-explorer:not([data-drawn])")) {
    root.setAttribute("data-drawn", "");
    new Explorer(root);
  }
  document.dispatchEvent(new Event("engram-explorer"));
})();
