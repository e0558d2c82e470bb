package dev.engram.lab;

/** Linked pages of neurons, or of features of a sparse autoencoder. */
public sealed interface Explored permits Exploration, FeatureExploration {}
