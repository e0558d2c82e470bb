package dev.engram.magic;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.engram.magic.view.View;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.List;

/**
 * Tells the program that started a survey how far it is: an object of JSON on each line, {@code
 * {"progress": "…"}}, {@code {"note": "…"}}, at the end {@code {"atlas": "DIR"}} or {@code
 * {"failure": "…"}}.
 */
final class SurveyEvents extends HostWithoutKernel {
  /** Is set where somebody listens. */
  static final String VARIABLE = "ENGRAM_SURVEY_EVENTS";

  static final String PROGRESS = "progress";
  static final String NOTE = "note";
  static final String ATLAS = "atlas";
  static final String FAILURE = "failure";

  private static final ObjectMapper JSON = new ObjectMapper();

  private final PrintStream out;

  SurveyEvents(PrintStream out) {
    this.out = out;
  }

  /** What to do, a list of JSON. */
  static List<String> arguments(InputStream in) throws IOException {
    return JSON.readValue(in, new TypeReference<List<String>>() {});
  }

  private void tell(String kind, String text) {
    out.println(JSON.createObjectNode().put(kind, text));
    out.flush();
  }

  void made(Path atlas) {
    tell(ATLAS, atlas.toAbsolutePath().toString());
  }

  void failed(String sentence) {
    tell(FAILURE, sentence);
  }

  @Override
  public void display(View view) {
    tell(NOTE, view.text());
  }

  @Override
  public Display displayUpdatable(View view) {
    Display line = each -> tell(PROGRESS, each.text());
    line.update(view);
    return line;
  }
}
