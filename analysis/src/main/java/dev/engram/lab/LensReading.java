package dev.engram.lab;

/** What the lens shows: the class token's way to a text, or that of every patch. */
public sealed interface LensReading permits LensCurve, LensMaps {}
