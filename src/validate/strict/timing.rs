//! Intervals, addresses and lists of targets.

use alloy_grammar::ast::ExprKind;

use super::{Place, codes};
use crate::diagnostic::Diagnostic;
use crate::eval::duration::Duration;

pub(super) fn check(place: &Place<'_>, out: &mut Vec<Diagnostic>) {
    // Profiles may take longer than the time between two: only Prometheus compares the two.
    if place.shape.name() == "prometheus/scrape.Arguments" {
        scrape(place, out);
    }
    if place.block.name() == "endpoint" && place.takes(&["url"]) {
        address(place, out);
    }
    if place.takes(&["targets"]) {
        nothing(place, out);
    }
}

fn scrape(place: &Place<'_>, out: &mut Vec<Diagnostic>) {
    let length = |name: &str| Duration::parse(place.effective(name).text()?).ok();
    let (Some(interval), Some(timeout)) = (length("scrape_interval"), length("scrape_timeout"))
    else {
        return;
    };
    if interval <= Duration::default() {
        let message = "`scrape_interval` must be longer than zero: Alloy will not start";
        out.push(place.error(codes::SCRAPE_INTERVAL, "scrape_interval", message));
    } else if timeout > interval {
        let name = if place.attr("scrape_timeout").is_some() {
            "scrape_timeout"
        } else {
            "scrape_interval"
        };
        let message = format!(
            "`scrape_timeout` ({timeout}) is longer than `scrape_interval` ({interval}): Alloy \
             will not start"
        );
        let help = format!("set `scrape_timeout` to at most {interval}");
        out.push(place.error(codes::SCRAPE_TIMEOUT, name, message).help(help));
    }
}

fn address(place: &Place<'_>, out: &mut Vec<Diagnostic>) {
    let setting = place.setting("url");
    let Some(url) = setting.text() else { return };
    let rest = ["http://", "https://"].iter().find_map(|scheme| {
        let head = url.get(..scheme.len())?;
        head.eq_ignore_ascii_case(scheme).then(|| &url[scheme.len()..])
    });
    let message = match rest {
        None => "the URL does not begin with http:// or https://: every write will fail",
        Some(rest) if rest.is_empty() || rest.starts_with(['/', '?', '#', ':']) => {
            "the URL names no host: every write will fail"
        }
        Some(_) => return,
    };
    out.push(place.error(codes::WRONG_URL, "url", message));
}

fn nothing(place: &Place<'_>, out: &mut Vec<Diagnostic>) {
    let Some(attr) = place.attr("targets") else { return };
    if matches!(attr.value().kind(), ExprKind::Array(items) if items.is_empty()) {
        let message = "`targets` is empty: nothing will be read";
        out.push(place.warning(codes::EMPTY_TARGETS, "targets", message));
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::raised;

    fn of_scrape(inner: &str) -> Vec<&'static str> {
        raised(&format!(
            "prometheus.exporter.self \"s\" {{ }}\nprometheus.remote_write \"w\" {{ }}\n\
             prometheus.scrape \"a\" {{\n targets = prometheus.exporter.self.s.targets\n \
             forward_to = [prometheus.remote_write.w.receiver]\n {inner}\n}}"
        ))
    }

    #[test]
    fn a_timeout_must_not_exceed_the_interval() {
        assert_eq!(of_scrape("scrape_interval = \"5s\""), ["scrape-timeout"]);
        assert!(of_scrape("scrape_interval = \"5s\"\n scrape_timeout = \"5s\"").is_empty());
        assert_eq!(of_scrape("scrape_timeout = \"2m\""), ["scrape-timeout"]);
        assert_eq!(of_scrape("scrape_interval = \"0s\""), ["scrape-interval"]);
        assert!(of_scrape("scrape_interval = sys.env(\"I\")").is_empty());
    }

    #[test]
    fn an_endpoint_needs_scheme_and_host() {
        let of = |url: &str| {
            raised(&format!(
                "prometheus.remote_write \"a\" {{\n endpoint {{\n url = \"{url}\"\n }}\n}}"
            ))
        };
        assert_eq!(of("trento.example/api"), ["wrong-url"]);
        assert_eq!(of("https:///api"), ["wrong-url"]);
        assert!(of("HTTPS://x/api").is_empty());
    }

    #[test]
    fn empty_targets_are_told() {
        let found = raised("prometheus.scrape \"a\" {\n targets = []\n forward_to = []\n}");
        assert_eq!(found, ["empty-targets"]);
    }
}
