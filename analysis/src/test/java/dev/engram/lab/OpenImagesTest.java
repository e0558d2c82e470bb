package dev.engram.lab;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.engram.Refusal;
import dev.engram.data.ImageSet;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a name means. */
class OpenImagesTest {
  @TempDir Path temp = Path.of("");

  /** Linux has no path with the character NUL, as Windows has none with a question mark. */
  @Test
  void anEntityNeedNotBeAPathOfTheSystem() throws IOException {
    Files.writeString(temp.resolve("1.png"), "-");
    Files.writeString(temp.resolve("manifest.csv"), "file,entity\n1.png,Who\0is it?\n");
    OpenImages open = new OpenImages();
    Refusal.holds(() -> open.select(Target.of("Who\0is it?")), "images");
    open.use(ImageSet.read(temp));
    assertEquals(1, open.select(Target.of("Who\0is_it?")).images().size());
    assertEquals(1, open.select("Who\0is it?").images().size());
    Refusal.holds(() -> open.select(Target.of("Who\0is he?")), "no entity");
  }
}
