package dev.engram.atlas;

/** What {@code %atlas} gives: the atlas itself, or the answer to a query. */
public sealed interface AtlasAnswer permits Atlas, AtlasTable {}
