// Makes the tables of a page sort by their headers and copy as TSV; neurons.js, which comes before it, links their neurons.
(() => {
  if (window.engramTables) { window.engramTables(); return; }
  const text = (node) => node.textContent.trim();
  const number = (cell) => (cell === "" ? NaN : Number(cell.replace(/\u2212/g, "-").replace(/,(?=\d{3}\b)/g, "")));

  // Numbers by value, names as people count (L2F5 before L10F1); what is no number and what is empty comes last, either way.
  function compare(a, b, numeric, sign) {
    if (numeric) {
      const [x, y] = [number(a), number(b)];
      return Number.isNaN(x) || Number.isNaN(y) ? Number.isNaN(x) - Number.isNaN(y) : sign * (x - y);
    }
    return !a || !b ? !a - !b : sign * a.localeCompare(b, "en", { numeric: true });
  }

  function sort(table, headers, column) {
    const body = table.tBodies[0];
    const rows = [...body.rows];
    const cells = new Map(rows.map((row) => [row, text(row.cells[column])]));
    const filled = [...cells.values()].filter((cell) => cell !== "");
    const numeric = filled.length > 0 && filled.every((cell) => cell === "NaN" || !Number.isNaN(number(cell)));
    const before = headers[column].getAttribute("aria-sort");
    const descending = before ? before === "ascending" : numeric; // of numbers people want the largest first
    headers.forEach((header) => header.removeAttribute("aria-sort"));
    headers[column].setAttribute("aria-sort", descending ? "descending" : "ascending");
    rows.sort((a, b) => compare(cells.get(a), cells.get(b), numeric, descending ? -1 : 1));
    body.append(...rows);
    headers.forEach((header, i) => { header.querySelector("span").textContent = i !== column ? "" : descending ? " \u25bc" : " \u25b2"; });
  }

  function copy(table, button) {
    const line = (row) => [...row.cells].map((cell) => (cell.dataset.name || text(cell)).replace(/[\t\r\n]+/g, " ")).join("\t");
    const tsv = [...table.rows].map(line).join("\n") + "\n";
    window.engramNeurons.copy(tsv, button, "Copy as TSV");
  }

  function button(style, ...inside) {
    const made = document.createElement("button");
    made.type = "button";
    made.dataset.lmSuppressShortcuts = "true"; // in JupyterLab Enter would go to the notebook
    made.style.cssText = "font:inherit;color:inherit;cursor:pointer;" + style;
    made.append(...inside);
    return made;
  }

  function prepare(table) {
    table.dataset.drawn = "";
    const headers = [...table.tHead.rows[0].cells];
    if (table.tBodies[0].rows.length > 1) {
      headers.forEach((header, column) => {
        header.dataset.name = text(header);
        const mark = document.createElement("span");
        mark.setAttribute("aria-hidden", "true");
        const sorts = button("background:none;border:0;padding:0;margin:0;font-weight:inherit;text-align:inherit", header.dataset.name, mark);
        sorts.title = "Sort the rows that are shown";
        sorts.onclick = () => sort(table, headers, column);
        header.replaceChildren(sorts);
      });
    }
    const copies = button("background:none;border:1px solid;border-radius:4px;padding:0 .5em;margin:0 0 .5em;font-size:80%", "Copy as TSV");
    copies.setAttribute("aria-live", "polite");
    copies.onclick = () => copy(table, copies);
    table.after(copies);
  }

  window.engramTables = () => document.querySelectorAll("table.engram-table:not([data-drawn])").forEach(prepare);
  window.engramTables();
})();
