// Makes the neurons that a page names answer: a click opens the neuron's page where the notebook or file has it, and else
// a small box with the line that shows it. Names are in tables (.engram-neuron) and in figures (labels, bars, points).
(() => {
  if (window.engramNeurons) { window.engramNeurons.link(); return; }
  const NAME = /^L\d+(?:F\d+|A\d+H\d+|S\d+)$/; // S: a feature of a sparse autoencoder
  const named = (text) => { const name = String(text).replace(/^\u2605 /, "").trim(); return NAME.test(name) ? name : null; };
  const owner = (name) => [...document.querySelectorAll(".engram-explorer")].find((e) => e.engramNeurons && e.engramNeurons.has(name));
  let box = null;

  /** Opens the page of a neuron, or tells at its anchor how to get it. */
  function show(name, anchor, at) {
    close();
    const explorer = owner(name);
    if (explorer) explorer.engramVisit(name); else ask(name, anchor, at);
  }

  function isDark() {
    const [body, root] = [document.body.dataset.jpThemeLight, document.documentElement.dataset.theme];
    return body ? body === "false" : root ? root === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  }

  /** A script on a page may not run a cell, so the box tells the line and copies it. at: where it was clicked, else below the anchor. */
  function ask(name, anchor, at) {
    const [ink, paper, line] = isDark() ? ["#e6eaf0", "#1c222b", "#55606f"] : ["#1c2430", "#ffffff", "#9aa4b1"];
    const code = document.createElement("code");
    code.textContent = "%neuron " + name;
    code.style.cssText = "font:600 13px ui-monospace,monospace;background:none;color:inherit;padding:0";
    const told = document.createElement("span");
    told.textContent = "in a cell shows its page.";
    const copies = document.createElement("button");
    copies.type = "button";
    copies.textContent = "Copy";
    copies.setAttribute("aria-live", "polite");
    copies.style.cssText = `font:inherit;color:inherit;background:none;border:1px solid ${line};border-radius:5px;padding:1px 9px;cursor:pointer`;
    copies.onclick = () => copy(code.textContent, copies, "Copy");
    box = document.createElement("div");
    box.setAttribute("role", "dialog");
    box.setAttribute("aria-label", "The page of " + name);
    box.dataset.lmSuppressShortcuts = "true"; // in JupyterLab Enter would go to the notebook
    box.className = "engram-asked";
    box.style.cssText = "position:fixed;z-index:10000;display:flex;flex-wrap:wrap;gap:4px 8px;align-items:center;max-width:calc(100vw - 16px);" +
      `box-sizing:border-box;padding:7px 10px;border:1px solid ${line};border-radius:8px;background:${paper};color:${ink};` +
      "font:13px/1.4 system-ui,sans-serif;box-shadow:0 4px 16px rgba(0,0,0,.25)";
    box.append(code, told, copies);
    box.engramAnchor = anchor;
    document.body.append(box);
    const from = anchor.getBoundingClientRect();
    box.engramTop = from.top;
    const [x, y, above] = at ? [at.clientX, at.clientY + 10, at.clientY - 10] : [from.left, from.bottom + 4, from.top - 4];
    const below = y + box.offsetHeight < innerHeight;
    box.style.left = Math.max(8, Math.min(x, innerWidth - box.offsetWidth - 8)) + "px";
    box.style.top = Math.max(8, below ? y : above - box.offsetHeight) + "px";
    copies.focus({ preventScroll: true });
  }

  function close(focus) {
    if (!box) return;
    const anchor = box.engramAnchor;
    box.remove();
    box = null;
    if (focus && anchor.isConnected && anchor.focus) anchor.focus({ preventScroll: true });
  }

  /** Copies a text and says so on the button for two seconds. */
  function copy(text, button, label) {
    const told = (what) => { button.textContent = what; setTimeout(() => { button.textContent = label; }, 2000); };
    const byHand = () => {
      const area = document.createElement("textarea");
      area.value = text;
      area.style.cssText = "position:fixed;top:0;left:0;opacity:0";
      document.body.append(area);
      area.select();
      const done = document.execCommand("copy");
      area.remove();
      button.focus({ preventScroll: true });
      told(done ? "Copied" : "The browser refuses to copy");
    };
    if (navigator.clipboard) navigator.clipboard.writeText(text).then(() => told("Copied"), byHand); else byHand();
  }

  /** A neuron in a table is a link to its page, or a button that tells how to get it. */
  function link() {
    for (const neuron of document.querySelectorAll(".engram-neuron")) {
      const name = named(neuron.textContent);
      const tag = name && owner(name) ? "A" : "BUTTON";
      if (!name || (neuron.firstElementChild && neuron.firstElementChild.tagName === tag)) continue;
      const inside = document.createElement(tag);
      if (tag === "A") inside.href = "#" + name;
      else {
        inside.type = "button";
        inside.dataset.lmSuppressShortcuts = "true";
        inside.setAttribute("aria-haspopup", "dialog");
        inside.style.cssText = "font:inherit;color:inherit;background:none;border:0;height:auto;padding:0;margin:0;cursor:pointer;text-decoration:underline dotted;text-underline-offset:3px";
      }
      inside.textContent = name;
      neuron.replaceChildren(inside);
    }
  }

  /** The neuron that a label of a figure names; Plotly lays the areas that are dragged over its labels. */
  function label(event) {
    const plot = event.target.closest(".js-plotly-plot");
    if (!plot) return null;
    const under = (text) => {
      const r = text.getBoundingClientRect();
      return event.clientX >= r.left && event.clientX <= r.right && event.clientY >= r.top && event.clientY <= r.bottom;
    };
    return [...plot.querySelectorAll(".xtick text, .ytick text, .textpoint text")].filter(under).map((text) => named(text.textContent)).find(Boolean) || null;
  }

  /** Bars and points of a figure that stand for neurons answer as their names do. */
  const joined = new WeakSet();
  function join(plot) {
    if (!plot || !plot.on || joined.has(plot)) return;
    joined.add(plot);
    const neuron = (event) => { const p = event.points[0] || {}; return [p.x, p.y, p.text].map(named).find(Boolean); };
    const cursor = (shape) => plot.querySelectorAll(".nsewdrag").forEach((area) => { area.style.cursor = shape; });
    plot.on("plotly_click", (event) => { const name = neuron(event); if (name && !label(event.event)) show(name, plot, event.event); });
    plot.on("plotly_hover", (event) => { if (neuron(event)) cursor("pointer"); });
    plot.on("plotly_unhover", () => cursor(""));
  }

  document.addEventListener("pointerover", (event) => join(event.target.closest && event.target.closest(".js-plotly-plot")));
  document.addEventListener("click", (event) => {
    const at = event.target;
    if (!at.closest || at.closest(".engram-asked")) return;
    const inTable = at.closest(".engram-neuron");
    const anywhere = at.closest('a[href^="#L"]');
    const inLink = anywhere && !anywhere.closest(".engram-explorer") ? named(anywhere.getAttribute("href").slice(1)) : null;
    const inFigure = label(event);
    if (inTable && named(inTable.textContent)) {
      event.preventDefault();
      show(named(inTable.textContent), inTable.firstElementChild || inTable);
    } else if (inLink && owner(inLink)) {
      event.preventDefault();
      show(inLink, anywhere);
    } else if (inFigure) show(inFigure, at, event);
    else if (!at.closest(".js-plotly-plot, [data-neuron]")) close();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !box) return;
    event.stopPropagation();
    close(true);
  }, true);
  const top = (anchor) => anchor.getBoundingClientRect().top;
  addEventListener("scroll", () => { if (box && Math.abs(top(box.engramAnchor) - box.engramTop) > 8) close(); }, true); // the box stands still
  addEventListener("resize", () => close());
  document.addEventListener("engram-explorer", link);
  window.engramNeurons = { link, show, copy };
  link();
})();
