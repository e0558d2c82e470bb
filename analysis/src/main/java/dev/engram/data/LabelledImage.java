package dev.engram.data;

import java.nio.file.Path;

public record LabelledImage(Path file, String name, String entity, String category, String label) {}
