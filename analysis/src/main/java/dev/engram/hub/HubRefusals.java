package dev.engram.hub;

import dev.engram.EngramException;
import java.net.URI;

/**
 * What a refusal of the hub, of a server where it keeps files, or of a proxy means, in one
 * sentence.
 *
 * @param settings with which was asked
 */
record HubRefusals(HubSettings settings) {
  static EngramException noHub(URI uri, String what) {
    return new EngramException(
        "%s %s, so it is no Hugging Face hub, or not one that Engram can use; check HF_ENDPOINT, or a proxy in between."
            .formatted(Failures.site(uri), what));
  }

  private static EngramException byProxy(HubClient.Answer answer) {
    HubProxy proxy = answer.proxy();
    if (answer.status() != 407) {
      return new EngramException(
          Failures.refusedWay(proxy, answer.uri(), "status " + answer.status()));
    }
    String kinds = answer.kindsOfLogin();
    return new EngramException(
        kinds.isEmpty() || kinds.matches("(?i).*\\b(basic|digest)\\b.*")
            ? Failures.login(proxy)
            : "%s asks for a login of the kind %s, and Engram knows Basic and Digest; a proxy of your own that logs in there can stand between."
                .formatted(Failures.capital(proxy), kinds));
  }

  /**
   * @param answer with a status that is none of success
   * @return what to say of it
   * @throws HubClient.Unreachable if another attempt may help
   */
  EngramException of(HubName model, HubClient.Answer answer) throws HubClient.Unreachable {
    URI uri = answer.uri();
    int status = answer.status();
    if (answer.isOfProxy()) {
      return byProxy(answer);
    }
    if (status == 416) {
      throw new HubClient.Unreachable(Failures.site(uri) + " answers with the status " + status);
    }
    String code = answer.header("X-Error-Code").orElse("");
    String page = settings.endpoint() + "/" + model.repository();
    if (!settings.isHub(uri)) {
      return new EngramException(
          "%s, where the hub keeps files of %s, answers with the status %d; try again."
              .formatted(Failures.site(uri), model, status));
    }
    if (code.equals("GatedRepo")) {
      return new EngramException(
          settings.token() == null
              ? "%s is gated: accept its terms at %s, make a token that may read it, and put that into HF_TOKEN."
                  .formatted(model, page)
              : "%s is gated, and your token does not open it: accept its terms at %s with the account of the token."
                  .formatted(model, page));
    }
    if (code.equals("RevisionNotFound")) {
      return new EngramException(
          "%s has no revision '%s' on the hub; %s/tree/main lists its branches and tags."
              .formatted(model.repository(), model.revision(), page));
    }
    if (code.equals("EntryNotFound")) {
      return new EngramException(
          "The hub lists a file of %s that it does not have (%s); try again."
              .formatted(model, uri.getPath()));
    }
    if (status == 404
        || code.equals("RepoNotFound")
        || (status == 401 && settings.token() == null)) {
      return new EngramException(
          "There is no model %s on the hub (%s), or it is private; check the name%s."
              .formatted(
                  model.repository(),
                  Failures.site(settings.endpoint()),
                  settings.token() == null
                      ? ", or put a token that may read it into HF_TOKEN"
                      : " and what your token may read"));
    }
    if (status == 401 || status == 403) {
      return new EngramException(
          "The hub refuses the token for %s (status %d); make a new one, put it into HF_TOKEN, or leave it out for public models."
              .formatted(model, status));
    }
    return new EngramException(
        "The hub answers with the status %d when it is asked for %s.".formatted(status, model));
  }
}
