package dev.engram.lab;

import dev.engram.Provenance;
import dev.engram.sae.Fidelity;
import dev.engram.sae.SparseAutoencoder;
import org.jspecify.annotations.Nullable;

/**
 * An open sparse autoencoder: what it reads, and how faithfully its features stand for it.
 *
 * @param sae the autoencoder
 * @param on the name of the images that it was measured on; "" if it was not
 * @param fidelity on them; null if it was not measured
 * @param provenance where the numbers come from
 */
public record SaeCard(
    SparseAutoencoder sae, String on, @Nullable Fidelity fidelity, Provenance provenance) {
  @Override
  public String toString() {
    return "%s: %d features of %s".formatted(sae.name(), sae.count(), sae.hook());
  }
}
