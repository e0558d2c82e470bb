package dev.engram.dissect;

/**
 * What becomes of some images without a neuron (A.6): mean cosines with their label.
 *
 * @param before in the model as it is
 * @param residual with the neuron's direct part taken out of the last residual stream
 * @param complete with its coefficient 0 at all tokens, so that later layers answer
 */
public record Fall(double before, double residual, double complete) {}
