package dev.engram.lab;

/**
 * A patch of an image.
 *
 * @param row from 0, the uppermost
 * @param column from 0, the leftmost
 */
public record Cell(int row, int column) {}
