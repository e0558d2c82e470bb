package dev.engram.lab;

/** What neurons, or features of a sparse autoencoder, say in words. */
public sealed interface WordReadings permits Interpretations, FeatureInterpretations {}
