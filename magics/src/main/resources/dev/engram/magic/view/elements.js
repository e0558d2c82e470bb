// What pages of neurons are made of, shared by the explorer and the site of an atlas. What came from outside becomes text
// nodes, attributes of our own choice and numbers, never markup.
window.engramElements = window.engramElements || (function () {
  "use strict";
  const SVG = "http://www.w3.org/2000/svg";
  const el = (tag, attributes, ...children) => fill(document.createElement(tag), attributes, children);
  const svg = (tag, attributes, ...children) => fill(document.createElementNS(SVG, tag), attributes, children);

  function fill(node, attributes, children) {
    for (const [name, value] of Object.entries(attributes || {})) {
      if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
      else if (value !== null && value !== undefined && value !== false) node.setAttribute(name, value === true ? "" : value);
    }
    node.append(...children.flat().filter((child) => child !== null));
    return node;
  }

  function number(value, digits = 3) {
    if (value === null) return "–";
    const size = Math.abs(value);
    const text = size === 0 ? "0" : size >= 1e4 || size < 1e-4 ? value.toExponential(1) : value.toPrecision(digits);
    return text.replace(/-/g, "\u2212");
  }
  const signed = (value, digits) => (value > 0 ? "+" : "") + number(value, digits);

  /** A name that is too long loses its beginning's end, and keeps what tells it from its neighbours. */
  function caption(title) {
    const cut = title.lastIndexOf("/") < 0 ? title.length : title.lastIndexOf("/");
    return el("span", { class: "ee-caption", title }, el("span", null, title.slice(0, cut)), title.slice(cut));
  }

  const fact = (value, name) => el("div", { class: "ee-fact" }, el("b", null, value), el("span", null, name));

  function track(value, least, range) {
    const left = (100 * (Math.min(0, value) - least)) / range;
    const part = el("i", { class: value < 0 ? "ee-less" : "" });
    part.style.left = left + "%";
    part.style.width = Math.max(0.5, (100 * Math.abs(value)) / range) + "%";
    return el("span", { class: "ee-track", "aria-hidden": "true" }, part);
  }

  const bars = (rows, least, range) => rows.flatMap(([name, value, text, tip]) => [
    el("span", { title: tip ? `${name}: ${tip}` : name }, name), track(value, least, range), el("span", { class: "ee-number" }, text)]);

  return { el, svg, number, signed, track, bars, fact, caption };
})();
