package dev.engram.magic.result;

import dev.engram.magic.view.Gallery;
import dev.engram.magic.view.Html;
import dev.engram.magic.view.ImageGallery;
import dev.engram.magic.view.View;
import java.util.Locale;

/** Shows {@code %images}: pictures by category, or those of one entity. */
final class ImageGalleryPresenter implements Presenter<ImageGallery> {
  @Override
  public View view(ImageGallery g, DisplayLimits shown) {
    String summary = g.summary();
    StringBuilder html = new StringBuilder(Html.element("p", Html.escape(summary)));
    StringBuilder text = new StringBuilder(summary);
    for (ImageGallery.Group group : g.groups()) {
      View gallery = Gallery.of(group.pictures(), ImageGallery.SIDE);
      html.append(Html.element("b", Html.escape(group.heading()))).append(gallery.html());
      text.append('\n').append(group.heading()).append(": ");
      text.append(String.join(", ", group.pictures().stream().map(Gallery.Item::caption).toList()));
      if (group.more() > 0) {
        String more = String.format(Locale.ROOT, "… and %,d more", group.more());
        html.append(Html.element("p", more));
        text.append(' ').append(more);
      }
    }
    g.set().notes().forEach(n -> html.append(Html.element("p", Html.escape(n))));
    g.set().notes().forEach(n -> text.append('\n').append(n));
    return View.html(html.toString(), text.toString());
  }
}
