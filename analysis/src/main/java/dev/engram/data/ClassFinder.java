package dev.engram.data;

import dev.engram.EngramException;
import dev.engram.Suggest;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.IntStream;

/**
 * Finds classes of a data set by what people call them.
 *
 * @param set the name of the data set, for sentences
 * @param classes by their index
 */
record ClassFinder(String set, List<DatasetClass> classes) {
  /** See {@link Dataset#classIndex}. */
  int index(String wanted) {
    int index = find(wanted);
    if (index >= 0) {
      return index;
    }
    throw new EngramException(
        "There is no class '%s' among the %d of %s%s"
            .formatted(
                wanted,
                classes.size(),
                set,
                Suggest.didYouMean(wanted, classes.stream().map(DatasetClass::title).toList())));
  }

  /** See {@link Dataset#uniqueTitle}. */
  String uniqueTitle(DatasetClass shown) {
    boolean shared =
        classes.stream().anyMatch(c -> c.title().equals(shown.title()) && !c.equals(shown));
    return shared && !shown.name().equals(shown.title())
        ? "%s (%s)".formatted(shown.title(), shown.name())
        : shown.title();
  }

  /** The class of exactly this name; -1 if there is none. */
  int named(String exactly) {
    return IntStream.range(0, classes.size())
        .filter(i -> classes.get(i).name().equals(exactly))
        .findFirst()
        .orElse(-1);
  }

  /** -1 if there is none; refuses a title that several have, except the name of one. */
  int find(String wanted) {
    int exact = named(wanted);
    if (exact >= 0) {
      return exact;
    }
    int titled = only(wanted, c -> c.title().equals(wanted));
    String key = ImageSet.key(wanted);
    return titled >= 0 || key.isEmpty()
        ? titled
        : only(
            wanted, c -> key.equals(ImageSet.key(c.name())) || key.equals(ImageSet.key(c.title())));
  }

  private int only(String wanted, Predicate<DatasetClass> is) {
    int[] found = IntStream.range(0, classes.size()).filter(i -> is.test(classes.get(i))).toArray();
    if (found.length > 1) {
      throw ImageSet.ambiguous(
          wanted,
          "classes",
          set,
          IntStream.of(found).mapToObj(i -> classes.get(i).name()).toList());
    }
    return found.length == 0 ? -1 : found[0];
  }
}
