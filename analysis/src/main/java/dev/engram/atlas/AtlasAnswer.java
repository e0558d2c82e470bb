package dev.engram.atlas;

/** What {@code %atlas} gives: the atlas itself, its map, or the answer to a query. */
public sealed interface AtlasAnswer permits Atlas, AtlasMap, AtlasTable {}
