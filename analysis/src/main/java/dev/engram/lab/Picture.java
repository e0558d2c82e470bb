package dev.engram.lab;

import java.awt.image.BufferedImage;

/**
 * An image as the model sees it, for whoever shows a result.
 *
 * @param title of the image, such as its file's name
 * @param image S × S
 */
public record Picture(String title, BufferedImage image) {}
