package dev.engram.trace;

import java.util.EnumMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a forward pass is to keep, and for which tokens. The class token's coefficients and
 * residuals of a ViT-L/14 are 1 MB an image, everything is 300 MB.
 *
 * @param sites for each site that is kept, its tokens; {@link Tokens#CLASS} of {@link
 *     Site#ATTENTION} is the row of the class token's query
 * @param patchMaxima sites of which the maximum over the patches is kept too
 * @param firstLayer the first layer that is kept
 * @param lastLayer the last layer that is kept
 * @param whole one place that is kept at all tokens besides, in whatever layer; null for none
 */
public record TraceRequest(
    Map<Site, Tokens> sites,
    Set<Site> patchMaxima,
    int firstLayer,
    int lastLayer,
    @Nullable Place whole) {
  /**
   * A site of one layer.
   *
   * @param site which
   * @param layer from 0
   */
  public record Place(Site site, int layer) {}

  /** Keeps copies. */
  public TraceRequest {
    EnumMap<Site, Tokens> copy = new EnumMap<>(Site.class);
    copy.putAll(sites);
    sites = java.util.Collections.unmodifiableMap(copy);
    patchMaxima = Set.copyOf(patchMaxima);
  }

  /** Keeps nothing but the embedding. */
  public static TraceRequest none() {
    return new TraceRequest(Map.of(), Set.of(), 0, Integer.MAX_VALUE, null);
  }

  /** What attribution needs: h, h + A, m_A and m_F of the class token. */
  public static TraceRequest classToken() {
    return none()
        .with(Site.H, Tokens.CLASS)
        .with(Site.MID, Tokens.CLASS)
        .with(Site.M_A, Tokens.CLASS)
        .with(Site.M_F, Tokens.CLASS);
  }

  /** Every site at every token. */
  public static TraceRequest everything() {
    TraceRequest r = none();
    for (Site s : Site.values()) {
      r = r.with(s, Tokens.ALL);
    }
    return r;
  }

  /** A copy that keeps this site too. */
  public TraceRequest with(Site site, Tokens tokens) {
    EnumMap<Site, Tokens> copy = new EnumMap<>(Site.class);
    copy.putAll(sites);
    copy.put(site, tokens);
    return new TraceRequest(copy, patchMaxima, firstLayer, lastLayer, whole);
  }

  /**
   * @param maximal sites after the queries
   * @return a copy that keeps the maxima of these sites over the patches too
   */
  public TraceRequest withPatchMaxima(Site... maximal) {
    return new TraceRequest(sites, Set.of(maximal), firstLayer, lastLayer, whole);
  }

  /** A copy that keeps these layers only, both included. */
  public TraceRequest layers(int first, int last) {
    return new TraceRequest(sites, patchMaxima, first, last, whole);
  }

  /** A copy that keeps all tokens of one place besides, whatever else is kept of its site. */
  public TraceRequest withWhole(Site site, int layer) {
    return new TraceRequest(sites, patchMaxima, firstLayer, lastLayer, new Place(site, layer));
  }

  /** Whether a site of a layer is kept. */
  public boolean keeps(Site site, int layer) {
    return sites.containsKey(site) && layer >= firstLayer && layer <= lastLayer;
  }

  /** Whether the maximum over the patches is kept of a site of a layer. */
  public boolean keepsPatchMaximum(Site site, int layer) {
    return patchMaxima.contains(site) && layer >= firstLayer && layer <= lastLayer;
  }

  /**
   * Whether the last layer must be computed for patch tokens too. Their part of it reaches no
   * embedding: without this wish it is left out, which saves most of a layer.
   *
   * @return true if some site after the queries is kept at all tokens, or a maximum over patches
   */
  public boolean patchesOfLastLayer() {
    return !patchMaxima.isEmpty()
        || whole != null
        || sites.entrySet().stream()
            .anyMatch(e -> e.getValue() == Tokens.ALL && e.getKey() != Site.VALUE);
  }
}
