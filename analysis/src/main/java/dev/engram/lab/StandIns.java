package dev.engram.lab;

import dev.engram.data.ImageSet;
import dev.engram.model.Clip;
import java.util.function.Supplier;

/**
 * What a {@link Lab} opens where a question needs it and nobody has opened anything.
 *
 * @param model asked at most once before another model is opened; the lab owns what it gives
 * @param images asked at most once before another set is opened
 */
public record StandIns(Supplier<Clip> model, Supplier<ImageSet> images) {}
