package dev.engram.data;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** What a part of a data set is for, and the names that people give to it. */
enum SplitRole {
  TRAIN("train", "training"),
  VALIDATION("val", "valid", "validation", "dev"),
  TEST("test", "testing");

  private final List<String> names;

  SplitRole(String... names) {
    this.names = List.of(names);
  }

  /** The name that Engram gives to it. */
  String split() {
    return names.get(0);
  }

  /**
   * @param name of a folder or of a split, in small letters or capitals
   */
  static Optional<SplitRole> of(String name) {
    String small = name.strip().toLowerCase(Locale.ROOT);
    return Arrays.stream(values()).filter(r -> r.names.contains(small)).findFirst();
  }
}
