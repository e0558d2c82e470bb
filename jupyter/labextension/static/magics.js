// Colours the lines of magics (%name …, %%name …, Type x = %name …) in cells of Java. A container of module federation by
// hand: what it needs of JupyterLab and CodeMirror it takes from JupyterLab itself, so there is nothing to build.
(() => {
  let shared = {};
  const take = async (name) => {
    const versions = Object.values(shared[name] || {});
    if (!versions.length) throw new Error("JupyterLab shares no " + name);
    return (await versions[0].get())();
  };

  const MAGIC = /^(\s*|[^"%]*=\s*)(%{1,2}[A-Za-z]\w*\??|\?%[A-Za-z]\w*)(.*)$/;
  const PART = /(\{\{\s*[\w$]+\s*\}\})|("[^"]*"?|'[^']*'?)|((?<=\s)--?[A-Za-z][\w-]*)|(\bL\d+(?:F\d+|A\d+H\d+)\b)/g;
  const KINDS = ["engram-value", "engram-text", "engram-option", "engram-neuron"];

  /** The coloured parts of a line: from, to and kind; none where it is no magic's. */
  function parts(line) {
    const found = MAGIC.exec(line);
    if (!found) return [];
    const start = found[1].length, rest = start + found[2].length;
    const all = [[start, line.length, "engram-magic"], [start, rest, "engram-name"]];
    for (const part of found[3].matchAll(PART)) {
      all.push([rest + part.index, rest + part.index + part[0].length, KINDS[part.slice(1).findIndex(Boolean)]]);
    }
    return all;
  }

  async function plugin() {
    const [{ IEditorExtensionRegistry, EditorExtensionRegistry }, { Decoration, EditorView, ViewPlugin }, { language }] =
      await Promise.all(["@jupyterlab/codemirror", "@codemirror/view", "@codemirror/language"].map(take));
    const marks = Object.fromEntries(["engram-magic", "engram-name", ...KINDS].map((kind) => [kind, Decoration.mark({ class: kind })]));

    function decorations(view) {
      const known = view.state.facet(language);
      if (!known || known.name.toLowerCase() !== "java") return Decoration.none;
      const ranges = [];
      for (const { from, to } of view.visibleRanges) {
        for (let at = from; at <= to; ) {
          const line = view.state.doc.lineAt(at);
          for (const [first, last, kind] of parts(line.text)) {
            if (last > first) ranges.push(marks[kind].range(line.from + first, line.from + last));
          }
          at = line.to + 1;
        }
      }
      return Decoration.set(ranges, true);
    }

    const colours = ViewPlugin.fromClass(class {
      constructor(view) { this.decorations = decorations(view); }
      update(change) {
        const other = change.startState.facet(language) !== change.state.facet(language);
        if (change.docChanged || change.viewportChanged || other) this.decorations = decorations(change.view);
      }
    }, { decorations: (own) => own.decorations });
    // Java's own colours stand inside or outside of ours, by CodeMirror's order: ours count either way.
    const colour = (kind, value, more) => ({ [`.${kind}.${kind}.${kind}, .${kind}.${kind}.${kind} span`]: { color: `var(${value}) !important`, ...more } });
    const theme = EditorView.baseTheme({
      ".engram-magic, .engram-magic span": { color: "var(--jp-content-font-color1) !important", fontWeight: "normal", fontStyle: "normal" },
      ...colour("engram-name", "--jp-mirror-editor-keyword-color", { fontWeight: "bold" }),
      ...colour("engram-option", "--jp-mirror-editor-attribute-color"),
      ...colour("engram-text", "--jp-mirror-editor-string-color"),
      ...colour("engram-value", "--jp-mirror-editor-variable-2-color"),
      ...colour("engram-neuron", "--jp-mirror-editor-number-color"),
    });
    return {
      id: "engram-magics:colours",
      description: "Colours the lines of Engram's magics.",
      autoStart: true,
      requires: [IEditorExtensionRegistry],
      activate: (app, registry) => registry.addExtension({
        name: "engram-magics",
        factory: () => EditorExtensionRegistry.createImmutableExtension([colours, theme]),
      }),
    };
  }

  window._JUPYTERLAB = window._JUPYTERLAB || {};
  window._JUPYTERLAB["engram-magics"] = {
    init: (scope) => { shared = scope; },
    get: async () => {
      const made = await plugin().catch((error) => {
        console.warn("Engram's magics have no colours here:", error); // of another JupyterLab; nothing else is lost
        return { id: "engram-magics:colours", autoStart: true, activate: () => {} };
      });
      return () => ({ __esModule: true, default: made });
    },
  };
})();
