package dev.engram.magic;

import dev.engram.Progress;
import dev.engram.data.Entity;
import dev.engram.magic.completion.RecentNeurons;
import dev.engram.magic.result.Presenters;
import dev.engram.magic.view.Markdown;
import dev.engram.magic.view.View;
import dev.engram.trace.Feature;
import dev.engram.trace.Neuron;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The page of a neuron, an entity or an image in small, as Shift-Tab shows it. */
@FunctionalInterface
interface SmallPages {
  /**
   * What a word of a line names.
   *
   * @param word without quotes
   * @return empty if it names nothing that is at hand
   */
  Optional<View> of(String word);

  /** Of what is open in a notebook; nothing is loaded, and no image passes, for it. */
  final class OfSession implements SmallPages {
    private static final Pattern IMAGE = Pattern.compile("(.+)/(\\d{1,9})");

    private final EngramSession session;
    private final RecentNeurons recent;

    OfSession(EngramSession session, RecentNeurons recent) {
      this.session = session;
      this.recent = recent;
    }

    @Override
    public Optional<View> of(String word) {
      return Feature.isName(word)
          ? lastShown(word)
          : Neuron.isName(word) ? neuron(word) : entity(word).or(() -> image(word));
    }

    private Optional<View> neuron(String word) {
      Optional<View> last = lastShown(word);
      if (!session.hasModel()) {
        return last;
      }
      Neuron neuron = session.neuron(word);
      View page = Presenters.view(session.lab(Progress.NONE).glance(neuron));
      return Optional.of(last.map(below -> joined(page, below)).orElse(page));
    }

    private Optional<View> lastShown(String word) {
      return recent
          .lastShown(word)
          .map(shown -> told("Last shown: " + shown.title(), shown.line()));
    }

    private static View told(String sentence, String line) {
      return markdown(
          sentence + "\n" + line, Markdown.escape(sentence) + "  \n" + Markdown.code(line));
    }

    private static View markdown(String text, String markdown) {
      return View.text(text).with(View.MARKDOWN, markdown);
    }

    private static View joined(View page, View below) {
      return markdown(
          page.text() + "\n" + below.text(),
          page.data().get(View.MARKDOWN) + "\n\n" + below.data().get(View.MARKDOWN));
    }

    private List<Entity> named(String word) {
      return session.entitiesAtHand().stream()
          .filter(e -> word.equals(e.name()) || word.equals(e.category() + "/" + e.name()))
          .toList();
    }

    private Optional<View> entity(String word) {
      return named(word).stream().map(OfSession::page).reduce(OfSession::joined);
    }

    private static View page(Entity entity) {
      String facts =
          String.format(
              Locale.ROOT,
              "%d images, category %s, text \"%s\"",
              entity.images().size(),
              entity.category(),
              entity.label());
      return markdown(
          entity.name() + ": " + facts,
          "**" + Markdown.escape(entity.name()) + "**: " + Markdown.escape(facts));
    }

    private Optional<View> image(String word) {
      Matcher parts = IMAGE.matcher(word);
      if (!parts.matches()) {
        return Optional.empty();
      }
      int index = Integer.parseInt(parts.group(2));
      return named(parts.group(1)).stream()
          .filter(entity -> index < entity.images().size())
          .map(
              entity ->
                  told(
                      "Image %d of %s".formatted(index, entity.name()),
                      String.valueOf(entity.images().get(index).file())))
          .findFirst();
    }
  }
}
