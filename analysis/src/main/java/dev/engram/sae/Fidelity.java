package dev.engram.sae;

/**
 * How faithfully features stand for what was read.
 *
 * @param images how many
 * @param tokens of them, those that the autoencoder was trained on
 * @param l0 features that are active at a token, on average
 * @param explained 1 − Σ‖x − x̂‖² / Σ‖x − x̄‖² over these tokens, x̄ their mean
 * @param explainedClass the same over class tokens alone; NaN where they are not among them
 * @param active features that are active at one of the tokens or more
 * @param cosine mean cosine of the images with their label; NaN without labels
 * @param reconstructed the same with x̂ in the place of x
 * @param same mean cosine of an image's embedding with and without that
 */
public record Fidelity(
    int images,
    int tokens,
    double l0,
    double explained,
    double explainedClass,
    int active,
    double cosine,
    double reconstructed,
    double same) {}
