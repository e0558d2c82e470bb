package dev.engram.experiment;

/**
 * One setting of an experiment, as it can be typed and shown.
 *
 * @param name of the component: {@code learningRate}
 * @param expected what it takes: {@code a whole number}
 * @param text its value, as it can be typed
 * @param about what it means, one line
 */
public record Setting(String name, String expected, String text, String about) {}
