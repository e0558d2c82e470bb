package dev.engram.data;

/**
 * One class of a {@link Dataset}: what an image can show.
 *
 * @param name as the data set writes it, unique in it: {@code n01440764}, {@code
 *     001.Black_footed_Albatross}
 * @param title the name as people write it: {@code tench}, {@code Black footed Albatross}
 * @param label the text that stands for it: {@code a photo of a tench.}
 */
public record DatasetClass(String name, String title, String label) {}
