//! One configuration file: its text, and the fields it holds or why Prometheus refuses it.

use alloy_grammar::literal::quote;
use alloy_grammar::span::Span;
use camino::{Utf8Path, Utf8PathBuf};

use super::decode;
use super::decode::{Decoder, Fields, Item, Value};
use super::version::Version;
use crate::secret::{self, lines};
use crate::source::Source;
use crate::system::HostFiles;
use crate::yaml::{self, go2};

/// A configuration that Prometheus would load.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// Its text.
    pub source: Source,
    /// The folder that relative paths in it start from.
    pub folder: Utf8PathBuf,
    pub(super) fields: Fields,
}

/// Why a file is refused.
#[derive(Clone, Debug)]
pub struct Refusal {
    /// The whole of what Prometheus says.
    pub message: String,
    /// Each thing that is wrong, with its place.
    pub faults: Vec<(String, Span)>,
}

/// One thing that is wrong, and where.
#[derive(Clone, Debug)]
pub struct Finding {
    /// What it is, in promtool's words.
    pub message: String,
    /// The text it is in.
    pub source: Source,
    /// Its place there.
    pub span: Span,
}

/// Registers what is secret in the bytes of a file, whether Prometheus loads it or not.
pub(super) fn register(bytes: &[u8], files: &HostFiles) {
    secret::register(&String::from_utf8_lossy(bytes), lines::Kind::Yaml, files.secrets());
}

impl Refusal {
    pub(super) fn one(message: impl Into<String>, span: Span) -> Refusal {
        let message = message.into();
        Refusal { faults: vec![(message.clone(), span)], message }
    }

    /// The same with a text before it.
    pub(super) fn within(self, before: &str) -> Refusal {
        Refusal { message: format!("{before}{}", self.message), ..self }
    }
}

impl Loaded {
    /// Reads the bytes of a `prometheus.yml`.
    ///
    /// # Errors
    /// Prometheus would not load them.
    pub fn read(path: &Utf8Path, bytes: &[u8], version: &Version) -> Result<Loaded, Refusal> {
        let text = text_of(bytes)?;
        let source = Source::new(path.as_str(), text);
        let fields = read(&source, "Config", version)?;
        check_strategy(&fields, version)?;
        let folder = path.parent().map_or_else(|| Utf8PathBuf::from("."), Utf8Path::to_owned);
        Ok(Loaded { source, folder, fields })
    }

    /// What agent mode does not take.
    pub(super) fn check_agent_mode(&self) -> Result<(), Refusal> {
        let refuse = |name: &str| {
            let message = format!("field {name} is not allowed in agent mode");
            Err(Refusal::one(message, self.fields.span_of(name)))
        };
        if let Some(alerting) = self.fields.fields("alerting")
            && ["alertmanagers", "alert_relabel_configs"]
                .iter()
                .any(|name| !alerting.list(name).is_empty())
        {
            return refuse("alerting");
        }
        if !self.fields.list("rule_files").is_empty() {
            return refuse("rule_files");
        }
        if !self.fields.list("remote_read").is_empty() {
            return refuse("remote_read");
        }
        Ok(())
    }
}

/// Checks how metrics of OTLP get their names, which is done once all was read.
fn check_strategy(config: &Fields, version: &Version) -> Result<(), Refusal> {
    let Some(otlp) = config.fields("otlp") else { return Ok(()) };
    let strategy = otlp.text("translation_strategy");
    let is_legacy = config
        .fields("global")
        .is_some_and(|global| global.text("metric_name_validation_scheme") == "legacy");
    let why = match strategy {
        "" | "UnderscoreEscapingWithSuffixes" => return Ok(()),
        "UnderscoreEscapingWithoutSuffixes" if version.is_at_least(3, 6) => return Ok(()),
        "NoTranslation" | "NoUTF8EscapingWithSuffixes" if !is_legacy => return Ok(()),
        "NoTranslation" | "NoUTF8EscapingWithSuffixes" => format!(
            "OTLP translation strategy {} is not allowed when UTF8 is disabled",
            quote(strategy)
        ),
        _ => format!("unsupported OTLP translation strategy {}", quote(strategy)),
    };
    Err(Refusal::one(why, otlp.span_of("translation_strategy")))
}

/// Reads a text as a struct of the table.
pub(super) fn read(
    source: &Source,
    of: &'static str,
    version: &Version,
) -> Result<Fields, Refusal> {
    let none = || Fields { entries: Default::default(), span: Span::NONE };
    let item = read_as(source, of, version)?;
    Ok(item.and_then(|item| item.fields().cloned()).unwrap_or_else(none))
}

/// Reads a text as a list.
pub(super) fn read_list(
    source: &Source,
    of: &'static str,
    version: &Version,
) -> Result<Vec<Item>, Refusal> {
    match read_as(source, of, version)?.map(|item| item.value) {
        Some(Value::List(items)) => Ok(items),
        _ => Ok(Vec::new()),
    }
}

fn read_as(source: &Source, of: &'static str, version: &Version) -> Result<Option<Item>, Refusal> {
    let text = source.text();
    if is_other_yaml(text) {
        return Err(Refusal::one("yaml: found incompatible YAML document", Span::NONE));
    }
    let document = match yaml::parse_first(text) {
        Ok(document) => document,
        Err(error) => {
            return Err(Refusal::one(format!("yaml: {}", error.message), error.span));
        }
    };
    let Some(document) = document else { return Ok(None) };
    if let Err(message) = go2::check_tabs(text, std::slice::from_ref(&document)) {
        return Err(Refusal::one(message, Span::NONE));
    }
    let mut decoder = Decoder { version, errors: Vec::new() };
    let found = decoder.decode(&document, of);
    let decode::Decoder { errors, .. } = decoder;
    let item = found.map_err(|fail| Refusal::one(fail.message, fail.span))?;
    if !errors.is_empty() {
        return Err(of_type_errors(source, errors));
    }
    Ok(item)
}

/// Whether a directive at the beginning asks for another version than 1.1.
fn is_other_yaml(text: &str) -> bool {
    let mut lines = text.trim_start_matches('\u{feff}').lines();
    let first = lines.find(|line| !line.trim().is_empty() && !line.starts_with('#'));
    let version = first.and_then(|line| line.strip_prefix("%YAML"));
    version.is_some_and(|version| version.split('#').next().unwrap_or_default().trim() != "1.1")
}

fn of_type_errors(source: &Source, errors: Vec<decode::TypeError>) -> Refusal {
    let mut message = "yaml: unmarshal errors:".to_owned();
    let mut faults = Vec::new();
    for error in errors {
        let line = source.at(error.span).map_or(1, |at| at.line);
        message.push_str(&format!("\n  line {line}: {}", error.message));
        faults.push((error.message, error.span));
    }
    Refusal { message, faults }
}

/// The text of a file, as yaml.v2 takes its bytes.
pub(super) fn text_of(bytes: &[u8]) -> Result<String, Refusal> {
    let refuse = |message: &str| Err(Refusal::one(format!("yaml: {message}"), Span::NONE));
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) if error.error_len().is_none() => {
            return refuse("incomplete UTF-8 octet sequence");
        }
        Err(error) => {
            let first = bytes[error.valid_up_to()];
            let is_leading = !(0xC0..0xF8).contains(&first);
            return refuse(if is_leading {
                "invalid leading UTF-8 octet"
            } else {
                "invalid trailing UTF-8 octet"
            });
        }
    };
    let is_allowed = |c: char| {
        matches!(c, '\t' | '\n' | '\r' | ' '..='~' | '\u{85}' | '\u{a0}'..='\u{d7ff}'
            | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
    };
    if !text.chars().all(is_allowed) {
        return refuse("control characters are not allowed");
    }
    Ok(text.to_owned())
}
