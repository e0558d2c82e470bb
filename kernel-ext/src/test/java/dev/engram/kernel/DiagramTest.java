package dev.engram.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The diagram of the modules in docs/architecture.md has the arrows that the poms have. */
class DiagramTest {
  private static final Path ROOT = Path.of("..");
  private static final Pattern ARROW =
      Pattern.compile("^ *([\\w-]+) --> ([\\w-]+)$", Pattern.MULTILINE);
  private static final Pattern DEPENDENCY =
      Pattern.compile("<dependency>(.*?)</dependency>", Pattern.DOTALL);
  private static final Pattern OURS = Pattern.compile("<artifactId>engram-([\\w-]+)</artifactId>");

  @Test
  void showsTheModulesAsTheyAre() throws IOException {
    Set<String> shown = new TreeSet<>();
    Matcher arrow = ARROW.matcher(Files.readString(ROOT.resolve("docs/architecture.md")));
    while (arrow.find()) {
      shown.add(arrow.group(1) + " --> " + arrow.group(2));
    }
    assertEquals(arrows(), shown);
  }

  private static Set<String> arrows() throws IOException {
    Set<String> arrows = new TreeSet<>();
    Matcher module =
        Pattern.compile("<module>([\\w-]+)</module>")
            .matcher(Files.readString(ROOT.resolve("pom.xml")));
    while (module.find()) {
      String pom = Files.readString(ROOT.resolve(module.group(1)).resolve("pom.xml"));
      Matcher dependency = DEPENDENCY.matcher(pom);
      while (dependency.find()) {
        Matcher ours = OURS.matcher(dependency.group(1));
        if (ours.find() && !dependency.group(1).contains("<scope>test</scope>")) {
          arrows.add(module.group(1) + " --> " + ours.group(1));
        }
      }
    }
    assertTrue(Stream.of("analysis", "magics").allMatch(m -> arrows.toString().contains(m)));
    return arrows;
  }
}
