package dev.engram.magic.result;

import dev.engram.lab.FeatureInterpretations;
import dev.engram.lab.FeatureInterpretations.OfFeature;
import dev.engram.magic.view.TableView;
import dev.engram.magic.view.View;
import tech.tablesaw.api.Table;

/** Shows {@code %words} of features: each as a weighted sum of words. */
final class FeatureInterpretationsPresenter implements Presenter<FeatureInterpretations> {
  @Override
  public View view(FeatureInterpretations said, DisplayLimits shown) {
    return Footnote.under(TableView.of(table(said, shown)), said.provenance());
  }

  /** Feature, its words with weights, and the residual: what the words leave unsaid, 0 to 1. */
  @Override
  public Table table(FeatureInterpretations said, DisplayLimits shown) {
    return InterpretationsPresenter.table(
        "What the features say: words in the order of their selection, with their weights",
        "feature",
        said.features().stream().map(f -> f.feature().toString()).toList(),
        said.features().stream().map(OfFeature::words).toList(),
        said.features().stream().mapToDouble(OfFeature::residual).toArray());
  }
}
