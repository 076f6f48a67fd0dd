//! Remote writes as endpoints: what they add, what their rules do, how they authenticate.

use std::rc::Rc;
use std::sync::Arc;

use super::{Configuration, Surroundings, dialect, rules};
use crate::eval::Value as Evaluated;
use crate::prometheus::decode::{Fields, Item, Value};
use crate::proof::{
    Argument, ComponentId, Content, Endpoint, Exit, External, Label, Rules, Section, Sink, Step,
    Symbol, Trail, Trails,
};

impl Configuration {
    /// All remote writes.
    pub(super) fn endpoints(&self) -> Vec<Endpoint> {
        let first = self.jobs().len();
        let writes = self.loaded.fields.list("remote_write").iter().filter_map(Item::fields);
        writes
            .enumerate()
            .map(|(number, write)| Endpoint {
                sink: Sink { component: ComponentId::new(first + number), endpoint: 0 },
                section: section(self, "remote_write", write),
            })
            .collect()
    }

    fn write(&self, sink: Sink) -> Option<&Fields> {
        let number = sink.component.index().checked_sub(self.jobs().len())?;
        self.loaded.fields.list("remote_write").get(number)?.fields()
    }
}

/// What happens to series on the way out of a remote write.
pub(super) fn exit(configuration: &Configuration, sink: Sink, external: Rc<[External]>) -> Exit {
    let none = || Ok(Vec::new());
    let rules = configuration.write(sink).map_or_else(none, |write| {
        if let Some(why) = never_sends(configuration, write) {
            return Err(why.into());
        }
        write_rules(configuration, sink, write)
    });
    Exit { sink, external, rules: Rc::new(rules) }
}

fn write_rules(configuration: &Configuration, sink: Sink, write: &Fields) -> Rules {
    let global = configuration.loaded.fields.fields("global");
    let scheme = global.map_or("", |global| global.text("metric_name_validation_scheme"));
    let dialect = dialect(&configuration.version, scheme);
    let source = &configuration.loaded.source;
    let place = |rule: &Fields| configuration.place(source, rule.span);
    rules(write, "write_relabel_configs", dialect, sink.component, place)
}

/// Why nothing is ever sent, if that is so.
fn never_sends(configuration: &Configuration, write: &Fields) -> Option<&'static str> {
    let url = write.text("url");
    let scheme = url.split_once("://").map_or("", |(scheme, _)| scheme);
    if !scheme.eq_ignore_ascii_case("http") && !scheme.eq_ignore_ascii_case("https") {
        return Some("every send fails: its URL has no scheme that can be sent to");
    }
    if write.int_or("remote_timeout", 30_000) == 0 {
        return Some("every send fails: its timeout is 0");
    }
    let queue = write.get("queue_config")?;
    let is_checked = configuration.version.is_at_least(3, 12);
    let is_null = queue.is_zero();
    let batch = queue.fields().map_or(1, |queue| queue.int_or("max_samples_per_send", 500));
    (!is_checked && (is_null || batch <= 0)).then_some("Prometheus crashes with this queue")
}

/// The external labels, with what the environment makes of them.
pub(super) fn external(
    configuration: &Configuration,
    trails: &Trails,
    around: Surroundings<'_>,
) -> Rc<[External]> {
    let none = Rc::from([]);
    let Some(global) = configuration.loaded.fields.fields("global") else { return none };
    let place =
        configuration.place(&configuration.loaded.source, global.span_of("external_labels"));
    let component = ComponentId::new(usize::MAX);
    let mut labels = Vec::new();
    for (name, item) in global.map("external_labels") {
        let what = format!("gives `{name}` to series that have none: `external_labels`");
        let trail = trails.push(Trail::START, Step::new(component, place, what));
        let label = match expanded(item.text(), around) {
            Ok(text) if text.is_empty() => Label { content: Content::Absent, trail },
            Ok(text) => Label::known(text, trail),
            Err(reason) => {
                let symbol = Symbol::new(format!("external/{name}"), reason);
                Label { content: Content::Unknown(symbol), trail }
            }
        };
        labels.push(External { name: name.clone(), label });
    }
    labels.into()
}

/// A text as Go's `os.Expand` makes it; or why that is not known.
pub(super) fn expanded(text: &str, around: Surroundings<'_>) -> Result<String, Arc<str>> {
    if !text.contains('$') || around.expands == Some(false) {
        return Ok(text.to_owned());
    }
    let mut out = String::new();
    let mut rest = text;
    let mut is_changed = false;
    while let Some(at) = rest.find('$') {
        out.push_str(&rest[..at]);
        let (name, behind) = variable(&rest[at + 1..]);
        match name {
            None => out.push('$'),
            Some("") => is_changed = true,
            Some("$") => {
                is_changed = true;
                out.push('$');
            }
            Some(name) => {
                is_changed = true;
                match (around.variable)(name).filter(|value| !value.is_empty()) {
                    Some(value) => out.push_str(&value),
                    None if around.knows_unset => {}
                    None => {
                        let why = "is set where Prometheus runs is not known";
                        return Err(format!("whether `${name}` {why}").into());
                    }
                }
            }
        }
        rest = behind;
    }
    out.push_str(rest);
    if is_changed && around.expands.is_none() {
        return Err("whether Prometheus expands `$` here depends on its flags".into());
    }
    Ok(out)
}

/// The name behind a `$` and what follows it; none where the `$` stands for itself.
pub(super) fn variable(text: &str) -> (Option<&str>, &str) {
    if let Some(inside) = text.strip_prefix('{') {
        return match inside.find('}') {
            // An empty or unclosed brace is eaten.
            Some(0) => (Some(""), &inside[1..]),
            Some(end) => (Some(&inside[..end]), &inside[end + 1..]),
            None => (Some(""), inside),
        };
    }
    let Some(first) = text.chars().next() else { return (None, text) };
    if first.is_ascii_digit() || "*#$@!?-".contains(first) {
        return (Some(&text[..1]), &text[1..]);
    }
    let end = text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(text.len());
    if end == 0 { (None, text) } else { (Some(&text[..end]), &text[end..]) }
}

/// A struct as a section of evaluated values.
fn section(configuration: &Configuration, name: &str, fields: &Fields) -> Section {
    let source = &configuration.loaded.source;
    let mut section = Section {
        name: name.to_owned(),
        place: configuration.place(source, fields.span),
        arguments: Default::default(),
        sections: Vec::new(),
    };
    for (name, item) in &fields.entries {
        let value = match &item.value {
            Value::Fields(fields) => {
                section.sections.push(self::section(configuration, name, fields));
                continue;
            }
            Value::Text(text) if is_secret(name) => Evaluated::secret(&**text),
            Value::Text(text) => Evaluated::string(&**text),
            Value::Bool(value) => Evaluated::Bool(*value),
            Value::Duration(time) => Evaluated::string(crate::prometheus::duration::shown(*time)),
            Value::Int(number) => Evaluated::string(number.to_string()),
            Value::Uint(number) => Evaluated::string(number.to_string()),
            Value::Map(items) => headers(items),
            Value::Float(_) | Value::List(_) | Value::Any | Value::Zero => continue,
        };
        let place = configuration.place(source, item.span);
        section.arguments.insert(alloys(&section.name, name).to_owned(), Argument { value, place });
    }
    section
}

/// The name that Alloy has for the same setting.
fn alloys<'n>(section: &str, name: &'n str) -> &'n str {
    match (section, name) {
        ("tls_config", "ca") => "ca_pem",
        ("tls_config", "cert") => "cert_pem",
        ("tls_config", "key") => "key_pem",
        _ => name,
    }
}

/// A map of headers as an object; what is no text in it is not looked into.
fn headers(items: &[(Arc<str>, Item)]) -> Evaluated {
    let unknown = || Evaluated::unknown("a header that is read from elsewhere");
    let items = items.iter().map(|(name, item)| {
        let value = match &item.value {
            Value::Text(text) => Evaluated::secret(&**text),
            Value::Fields(fields) if fields.list("files").is_empty() => {
                let given = fields.list("values").iter().chain(fields.list("secrets"));
                let given: Vec<Evaluated> =
                    given.map(|item| Evaluated::secret(item.text())).collect();
                Evaluated::array(given)
            }
            _ => unknown(),
        };
        (name.to_string(), value)
    });
    Evaluated::object(items)
}

pub(in crate::prometheus) fn is_secret(name: &str) -> bool {
    matches!(
        name,
        "password" | "credentials" | "bearer_token" | "client_secret" | "secret_key" | "key"
    )
}

#[cfg(test)]
mod tests {
    use super::variable;

    #[test]
    fn a_dollar_is_read_as_go_reads_it() {
        assert_eq!(variable("{A}b"), (Some("A"), "b"));
        assert_eq!(variable("A-b"), (Some("A"), "-b"));
        assert_eq!(variable("$b"), (Some("$"), "b"));
        assert_eq!(variable("-b"), (Some("-"), "b"));
        assert_eq!(variable(""), (None, ""));
        assert_eq!(variable(" x"), (None, " x"));
    }
}
