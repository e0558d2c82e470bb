package dev.engram.model;

import ai.djl.ndarray.NDArray;
import dev.engram.trace.Intervention;
import dev.engram.trace.Site;
import dev.engram.trace.Trace;
import dev.engram.trace.TraceRequest;
import java.util.List;

/** What sits at the sites of one forward pass: the interventions first, then the trace. */
final class Taps implements TransformerLayer.Tap {
  private final Trace trace;
  private final List<Intervention> interventions;
  private final boolean[] fired;
  private int layer;

  Taps(Trace trace, List<Intervention> interventions) {
    this.trace = trace;
    this.interventions = interventions;
    this.fired = new boolean[interventions.size()];
  }

  /** Begins a layer after its input. */
  void enter(int layer) {
    this.layer = layer;
  }

  /** Begins a layer; its input is the site H. */
  NDArray enter(int layer, NDArray h) {
    enter(layer);
    return at(Site.H, h);
  }

  TraceRequest request() {
    return trace.request();
  }

  @Override
  public NDArray at(Site site, NDArray value) {
    NDArray v = value;
    for (int i = 0; i < fired.length; i++) {
      Intervention x = interventions.get(i);
      if (x.site() == site && x.layer() == layer) {
        v = x.change().apply(v);
        fired[i] = true;
      }
    }
    trace.keep(site, layer, v);
    return v;
  }

  void checkAllFired() {
    for (int i = 0; i < fired.length; i++) {
      if (!fired[i]) {
        Intervention x = interventions.get(i);
        throw new IllegalStateException(
            "intervention '%s' never met its site %s of layer %d; layers count from 0 to %d"
                .formatted(x.description(), x.site(), x.layer(), trace.layers() - 1));
      }
    }
  }
}
