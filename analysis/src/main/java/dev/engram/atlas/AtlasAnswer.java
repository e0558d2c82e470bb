package dev.engram.atlas;

/** What {@code %atlas} gives: the atlas itself, its map, the answer to a query, or a comparison. */
public sealed interface AtlasAnswer permits Atlas, AtlasMap, AtlasTable, AtlasComparison {}
