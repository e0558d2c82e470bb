// What a page does with a script: light or dark, figures that fit the page, and paper. Without it everything is there,
// figures as pictures.
(function () {
  "use strict";
  const root = document.documentElement;
  const prefersDark = window.matchMedia("(prefers-color-scheme: dark)");

  // Light or dark: what was chosen here, else what the system prefers.

  function chosen() {
    try {
      return localStorage.getItem("engram-theme");
    } catch (refused) { // a browser may keep nothing for files
      return root.dataset.theme;
    }
  }

  function show(theme) {
    if (theme) {
      root.dataset.theme = theme;
    }
    const button = document.getElementById("theme");
    if (button) {
      button.hidden = false;
      button.textContent = isDark() ? "Light" : "Dark";
      button.setAttribute("aria-label", isDark() ? "Light colours" : "Dark colours");
    }
    fit();
  }

  function isDark() {
    return (root.dataset.theme || (prefersDark.matches ? "dark" : "light")) === "dark";
  }

  function change() {
    const theme = isDark() ? "light" : "dark";
    show(theme);
    try {
      localStorage.setItem("engram-theme", theme);
    } catch (refused) {
      // it holds for this page
    }
  }

  // Figures: the script beside each hands it to whichever library is here, and that is the one below. It writes the
  // title as text that wraps, fits the figure into the page, and gives it the page's colour.

  const drawn = [];
  const libraries = {};

  function fitted(plotly) {
    return Object.assign({}, plotly, {
      newPlot: function (box, data, layout, config) {
        const figure = document.createElement("figure");
        figure.className = "drawn";
        const caption = document.createElement("figcaption");
        const plot = document.createElement("div");
        const own = Object.assign({}, layout);
        const title = (own.title && (own.title.whole || own.title.text)) || ""; // whole: before it was broken into lines
        delete own.title;
        own.margin = Object.assign({t: 40, l: 60, r: 30}, own.margin);
        if (title) {
          write(caption, title);
          figure.append(caption);
        }
        figure.append(plot);
        box.append(figure);
        const entry = {plotly: plotly, plot: plot, layout: own, box: box, width: box.clientWidth};
        drawn.push(entry);
        fitting.observe(box);
        return plotly.newPlot(plot, data, Object.assign({}, own, look(entry)), config);
      },
    });
  }

  /** What a figure takes from the page: size, colour of the text, and axis titles in lines that fit. */
  function look(entry, room) {
    const layout = entry.layout;
    const fits = size(layout, room || entry.box.clientWidth || 640); // no width: inside a closed answer
    const colour = getComputedStyle(document.body).color;
    const look = Object.assign({
      font: Object.assign({color: colour}, layout.font),
      modebar: {bgcolor: "rgba(0,0,0,0)", color: colour, activecolor: colour},
    }, fits);
    Object.keys(layout).filter(function (name) {
      return /^xaxis\d*$/.test(name);
    }).forEach(function (name) {
      const axis = Object.assign({}, layout[name], {automargin: true});
      if (axis.title && axis.title.text) {
        axis.title = Object.assign({}, axis.title, {text: lines(axis.title.whole || axis.title.text, fits.width / 9)});
      }
      look[name] = axis;
    });
    return look;
  }

  /** A figure with a size of its own becomes smaller with the page, as long as it stays legible; else its box scrolls. */
  function size(layout, available) {
    if (!layout.width) {
      return {width: available};
    }
    const least = layout.width > 760 ? 760 : 0;
    const width = Math.max(Math.min(layout.width, available), least);
    return {width: width, height: (layout.height || 450) * width / layout.width};
  }

  function lines(text, most) {
    let length = 0;
    return text.split(" ").map(function (word, index) {
      const breaks = index && length + word.length > most;
      length = breaks ? word.length : length + word.length + 1;
      return (breaks ? "<br>" : index ? " " : "") + word;
    }).join("");
  }

  function fit(room) {
    drawn.forEach(function (entry) {
      if (entry.box.clientWidth) {
        entry.plotly.relayout(entry.plot, look(entry, room));
      }
    });
  }

  const fitting = new ResizeObserver(function () {
    drawn.filter(function (entry) {
      return entry.box.clientWidth && entry.box.clientWidth !== entry.width;
    }).forEach(function (entry) {
      entry.width = entry.box.clientWidth;
      entry.plotly.relayout(entry.plot, look(entry));
    });
  });

  /** A title as Plotly has it, with the few tags that Plotly knows; whatever else stands there is text. */
  function write(target, title) {
    const known = {B: "b", I: "i", SUB: "small", SUP: "small", BR: "br"};
    (function copy(from, to) {
      from.childNodes.forEach(function (node) {
        if (node.nodeType === Node.TEXT_NODE) {
          to.append(node.data);
        } else if (node.nodeType === Node.ELEMENT_NODE) {
          const colour = node.tagName === "SPAN" && node.style.color;
          const inner = colour ? key(node, colour) : document.createElement(known[node.tagName] || "span");
          to.append(inner);
          copy(node, inner);
        }
      });
    })(new DOMParser().parseFromString(title, "text/html").body, target);
  }

  /** An entry of a legend: its mark has the colour, its words stay legible. */
  function key(node, colour) {
    const entry = document.createElement("span");
    const first = node.firstChild;
    const mark = first && first.nodeType === Node.TEXT_NODE && first.data.match(/^\W\s*/u);
    if (mark) {
      const sign = document.createElement("span");
      sign.style.color = colour;
      sign.ariaHidden = "true";
      sign.textContent = mark[0];
      entry.append(sign);
      first.data = first.data.slice(mark[0].length);
    }
    return entry;
  }

  function announce(edition) {
    return {
      get: function () {
        return libraries[edition];
      },
      set: function (plotly) {
        libraries[edition] = fitted(plotly);
      },
    };
  }

  window.EngramFigures = Object.defineProperties(
      {waiting: []}, {cartesian: announce("cartesian"), full: announce("full")});

  // What is wider than the page scrolls by keys as well.

  const scrolling = new ResizeObserver(function (changes) {
    changes.forEach(function (change) {
      const box = change.target;
      if (box.scrollWidth > box.clientWidth) {
        box.tabIndex = 0;
      } else {
        box.removeAttribute("tabindex");
      }
    });
  });

  show(chosen());
  prefersDark.addEventListener("change", function () {
    show();
  });

  document.addEventListener("DOMContentLoaded", function () {
    show();
    document.getElementById("theme").addEventListener("click", change);
    document.querySelectorAll("pre, math, .jp-OutputArea-output, .text table").forEach(function (box) {
      scrolling.observe(box);
    });
    const contents = document.getElementById("contents");
    contents.addEventListener("click", function (event) {
      if (event.target.closest("a") && contents.matches(":popover-open")) {
        contents.hidePopover();
      }
    });
    const here = contents.querySelector("[aria-current]");
    if (here && here.offsetTop > contents.clientHeight) {
      contents.scrollTop = here.offsetTop - 100;
    }
  });

  // Paper: answers are open, and figures have the width of a page.

  let opened = [];
  let theme;
  window.addEventListener("beforeprint", function () {
    theme = root.dataset.theme;
    root.dataset.theme = "light";
    opened = Array.from(document.querySelectorAll("details:not([open])"));
    opened.forEach(function (details) {
      details.open = true;
    });
    fit(640);
  });
  window.addEventListener("afterprint", function () {
    opened.forEach(function (details) {
      details.open = false;
    });
    delete root.dataset.theme;
    show(theme);
  });
})();
