package dev.engram.data;

import java.nio.file.Path;

/**
 * One image file of a {@link Dataset}; it has not been opened.
 *
 * @param file where it lies
 * @param name its path within the data set, with slashes
 * @param classIndex which class it shows, from 0
 * @param split {@code train}, {@code val}, {@code test}, or what a list says; empty if there are
 *     none
 */
public record DatasetImage(Path file, String name, int classIndex, String split) {}
