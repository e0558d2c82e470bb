package dev.engram.atlas;

/** What {@code %atlas} gives: the atlas itself, the answer to a query, or a comparison. */
public sealed interface AtlasAnswer permits Atlas, AtlasTable, AtlasComparison {}
