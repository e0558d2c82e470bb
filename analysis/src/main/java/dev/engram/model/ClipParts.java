package dev.engram.model;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What a model shares with its edited ones: everything but its image tower.
 *
 * @param checkpoint the files that it was read from
 * @param device where it computes, and why
 * @param precision of the image tower's layers
 * @param batches how many images the device takes at once
 * @param text the text tower; null for an image tower alone
 * @param logitScale exp(logit_scale); null where the checkpoint has none
 * @param tokenizer text to token ids; null for an image tower alone
 * @param processor image files to pixels
 * @param caution what the model's maker wants under every number of it
 * @param resized whether images have another size than the model learned with
 */
record ClipParts(
    Checkpoint checkpoint,
    ClipConfig config,
    Devices device,
    Precision precision,
    Batches batches,
    @Nullable TextTower text,
    @Nullable Double logitScale,
    @Nullable Tokenizer tokenizer,
    ImageProcessor processor,
    Optional<String> caution,
    boolean resized) {}
