// Search: the index is a script beside this one, which a page that is opened as a file may load; it comes with the
// first key. Every word must stand in a section, as the beginning of a word.
(function () {
  "use strict";
  const most = 20;
  const place = document.getElementById("search");
  const query = document.getElementById("query");
  const found = document.getElementById("found");
  const pages = document.getElementById("pages");
  let sections;

  window.EngramSearch = function (index) {
    sections = index.map(function (entry) {
      const [address, page, heading, text] = entry;
      return {address: address, page: page, heading: heading, text: text};
    });
    search();
  };

  function load() {
    if (!load.started) {
      load.started = true;
      const script = document.createElement("script");
      script.src = place.dataset.index;
      document.head.append(script);
    }
  }

  function search() {
    const words = query.value.trim().split(/\s+/).filter(Boolean);
    pages.hidden = words.length > 0;
    found.replaceChildren();
    if (!words.length || !sections) {
      return;
    }
    const patterns = words.map(function (word) {
      return new RegExp("(?<![\\p{L}\\p{N}])" + word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"), "giu");
    });
    const hits = sections.map(function (section) {
      return {section: section, score: score(section, patterns)};
    }).filter(function (hit) {
      return hit.score > 0;
    }).sort(function (one, other) {
      return other.score - one.score;
    });
    const count = document.createElement("p");
    count.textContent = hits.length ? hits.length + (hits.length === 1 ? " section" : " sections")
        + (hits.length > most ? ", the first " + most : "") : "Nothing found: every word must stand in one section.";
    found.append(count, ...hits.slice(0, most).map(function (hit) {
      return entry(hit.section, patterns);
    }));
  }

  /** Hits in a heading count more than hits in the text; 0 where a word is missing. */
  function score(section, patterns) {
    let sum = 0;
    for (const pattern of patterns) {
      const inTitle = count(section.page, pattern) + 2 * count(section.heading, pattern);
      const inText = count(section.text, pattern);
      if (!inTitle && !inText) {
        return 0;
      }
      sum += 5 * inTitle + Math.min(inText, 5);
    }
    return sum;
  }

  function count(text, pattern) {
    return (text.match(pattern) || []).length;
  }

  function entry(section, patterns) {
    const link = document.createElement("a");
    link.href = place.dataset.root + section.address;
    const where = document.createElement("b");
    where.textContent = section.heading || section.page;
    const page = document.createElement("small");
    page.textContent = section.page;
    const excerpt = document.createElement("span");
    const at = Math.max(0, section.text.search(patterns[0]));
    const start = at < 40 ? 0 : section.text.lastIndexOf(" ", at - 30) + 1;
    mark(excerpt, (start ? "… " : "") + section.text.slice(start, start + 140), patterns);
    link.append(where, page, excerpt);
    return link;
  }

  function mark(target, text, patterns) {
    const all = new RegExp(patterns.map(function (pattern) {
      return pattern.source;
    }).join("|"), "giu");
    let end = 0;
    for (const hit of text.matchAll(all)) {
      const marked = document.createElement("mark");
      marked.textContent = hit[0];
      target.append(text.slice(end, hit.index), marked);
      end = hit.index + hit[0].length;
    }
    target.append(text.slice(end));
  }

  place.hidden = false;
  query.addEventListener("focus", load);
  query.addEventListener("input", function () {
    load();
    search();
  });
})();
