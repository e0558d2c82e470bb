package dev.engram.experiment;

/**
 * Zero-shot accuracies of one model in the terms of Tables 4 and 8.
 *
 * @param category on the taught category's images that did not teach; sampled are these images
 * @param dataset on all images of the data set that did not teach; sampled are classes
 * @param heldOut on those of them that the original model was not trained on, as far as the set
 *     says so; NaN where it does not
 * @param general on general objects that gave no keys; sampled are labels; NaN without any
 * @param generalHeldOut on those of them that the original model was not trained on, as far as the
 *     set says so; NaN where it does not
 */
public record InsertionAccuracy(
    Estimate category,
    Estimate dataset,
    Estimate heldOut,
    Estimate general,
    Estimate generalHeldOut) {}
