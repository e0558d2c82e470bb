package dev.engram.data;

import java.nio.file.Path;

/**
 * One image file and the text that says what it shows.
 *
 * @param file where it lies
 * @param name its path within the set, with slashes: {@code landmarks/moai/noto__moai.png}
 * @param entity name of its entity; for a background image what it shows; empty if unknown
 * @param category what kind of thing it shows; empty if unknown
 * @param label the text that stands for it; empty if unknown
 */
public record LabelledImage(Path file, String name, String entity, String category, String label) {}
