// Names the neuron that was clicked on a map of all neurons, under it; neurons.js, which comes before it, links it.
(() => {
  for (const foot of document.querySelectorAll(".engram-map-foot:not([data-drawn])")) {
    foot.dataset.drawn = "";
    const told = foot.querySelector("span");
    const map = () => [...document.querySelectorAll(".js-plotly-plot")].reverse().find((plot) =>
      plot.on && plot.layout && plot.layout.meta === "engram-map" && plot.compareDocumentPosition(foot) & Node.DOCUMENT_POSITION_FOLLOWING);
    const listen = (left) => { // the figure may be drawn later than this runs
      const plot = map();
      if (!plot) { if (left > 0) setTimeout(() => listen(left - 1), 250); return; }
      plot.on("plotly_click", (event) => {
        const text = String(event.points[0].text);
        const name = /^L\d+(?:F\d+|A\d+H\d+)/.exec(text);
        if (!name) return;
        const neuron = document.createElement("span");
        neuron.className = "engram-neuron";
        neuron.title = "%neuron " + name[0];
        neuron.textContent = name[0];
        const line = document.createElement("code");
        line.textContent = "%neuron " + name[0];
        told.replaceChildren(neuron, ": ", line, " shows it.");
        window.engramNeurons.link();
      });
    };
    listen(240);
  }
})();
