package dev.engram.data;

import java.math.BigInteger;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The order in which people number files: digits compare as numbers, {@code img2} before {@code
 * img10}, letters without regard to case; what is equal so is ordered by its characters.
 */
final class NaturalOrder {
  private static final Pattern PART = Pattern.compile("[0-9]+|[^0-9]+");

  static final Comparator<String> NAMES =
      ((Comparator<String>) NaturalOrder::compare).thenComparing(Comparator.naturalOrder());

  static final Comparator<Path> PATHS =
      Comparator.comparing((Path p) -> UserPath.composed(p.toString()), NAMES);

  private NaturalOrder() {}

  private static int compare(String a, String b) {
    Matcher x = PART.matcher(a);
    Matcher y = PART.matcher(b);
    while (true) {
      boolean more = x.find();
      if (!more || !y.find()) {
        return more ? 1 : y.find() ? -1 : 0;
      }
      String p = x.group();
      String q = y.group();
      boolean numbers = isDigit(p) && isDigit(q);
      int order =
          numbers ? new BigInteger(p).compareTo(new BigInteger(q)) : p.compareToIgnoreCase(q);
      if (order != 0) {
        return order;
      }
    }
  }

  private static boolean isDigit(String part) {
    return part.charAt(0) >= '0' && part.charAt(0) <= '9';
  }
}
