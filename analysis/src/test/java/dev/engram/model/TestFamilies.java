package dev.engram.model;

/** Families by their titles, for tests. */
final class TestFamilies {
  private TestFamilies() {}

  static Family of(String title) {
    return Families.ALL.stream().filter(f -> f.title().equals(title)).findFirst().orElseThrow();
  }
}
