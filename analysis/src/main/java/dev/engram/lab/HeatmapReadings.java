package dev.engram.lab;

/** Where a neuron looks, or where a feature of a sparse autoencoder is active. */
public sealed interface HeatmapReadings permits Heatmaps, FeatureMaps {}
