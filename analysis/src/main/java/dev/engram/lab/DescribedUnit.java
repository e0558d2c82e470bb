package dev.engram.lab;

/** All about one neuron, or about one feature of a sparse autoencoder. */
public sealed interface DescribedUnit permits Described, DescribedFeature {}
