package dev.engram.model;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The maker and the family of an x86-64 processor, as it names itself.
 *
 * @param vendor such as {@code GenuineIntel} or {@code AuthenticAMD}
 * @param family such as 26 for Zen 5
 */
record Processor(String vendor, int family) {
  private static final Pattern LINUX =
      Pattern.compile("vendor_id\\s*:\\s*(\\w+)\\s*\ncpu family\\s*:\\s*(\\d+)\\s*\n");

  /** Such as {@code AMD64 Family 26 Model 68 Stepping 0, AuthenticAMD}. */
  private static final Pattern WINDOWS = Pattern.compile("Family (\\d+) .*, (\\w+)");

  /** This machine's, or null where nobody says it: on ARM, and on macOS. */
  static @Nullable Processor here() {
    try {
      Path file = Path.of("/proc/cpuinfo"); // Linux
      if (Files.isReadable(file)) {
        return ofLinux(Files.readString(file, StandardCharsets.ISO_8859_1));
      }
    } catch (IOException e) {
      return null; // a system that hides it
    }
    String windows = System.getenv("PROCESSOR_IDENTIFIER");
    return windows == null ? null : ofWindows(windows);
  }

  static @Nullable Processor ofLinux(String cpuinfo) {
    Matcher m = LINUX.matcher(cpuinfo);
    return m.find() ? new Processor(m.group(1), Integer.parseInt(m.group(2))) : null;
  }

  static @Nullable Processor ofWindows(String identifier) {
    Matcher m = WINDOWS.matcher(identifier);
    return m.find() ? new Processor(m.group(2), Integer.parseInt(m.group(1))) : null;
  }

  boolean isOfIntel() {
    return vendor.equals("GenuineIntel");
  }

  /** Zen 5 and later: products of 512 bits at full width. */
  boolean isWideOfAmd() {
    return vendor.equals("AuthenticAMD") && family >= 26;
  }
}
