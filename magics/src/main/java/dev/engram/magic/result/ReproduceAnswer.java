package dev.engram.magic.result;

/** What {@code %reproduce} gives: an experiment, all of them, or a list of what there is. */
public sealed interface ReproduceAnswer permits Reproduction, PaperReport, ExperimentList {}
