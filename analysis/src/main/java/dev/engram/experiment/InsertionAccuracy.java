package dev.engram.experiment;

/**
 * Zero-shot accuracies of one model in the terms of Tables 4 and 8; sampled are images.
 *
 * @param category on the taught category's images that did not teach
 * @param dataset on all images of the data set that did not teach
 * @param general on general objects that gave no keys; NaN without any
 */
public record InsertionAccuracy(Estimate category, Estimate dataset, Estimate general) {}
