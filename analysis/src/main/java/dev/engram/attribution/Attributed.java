package dev.engram.attribution;

/** What brings images closest to a text: neurons, or features of a sparse autoencoder. */
public sealed interface Attributed permits Attribution, FeatureAttribution {}
