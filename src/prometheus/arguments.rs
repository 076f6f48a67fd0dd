//! The command line of `prometheus`: which mode it gives, which file it loads, or why it ends.

use std::sync::OnceLock;

use camino::Utf8PathBuf;

use super::fields;
use super::version::Version;

/// What a Prometheus runs as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// It forwards what it scrapes.
    Agent,
    /// It stores what it scrapes; it may forward as well.
    Server,
}

impl Mode {
    /// The word for it.
    pub const fn name(self) -> &'static str {
        match self {
            Mode::Agent => "agent",
            Mode::Server => "server",
        }
    }
}

/// Why a command line does not start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stop {
    /// The exit code.
    pub exit: u8,
    /// What it prints.
    pub message: String,
}

/// A command line that was read.
#[derive(Clone, Debug, Default)]
pub struct Arguments {
    given: Vec<(String, String)>,
    stop: Option<Stop>,
}

/// A flag of the table.
struct Flag {
    name: &'static str,
    is_bool: bool,
    is_many: bool,
    side: &'static str,
    first: (u16, u16),
    last: (u16, u16),
}

impl Arguments {
    /// Reads the words behind the program's name.
    pub fn read(words: &[String], version: &Version) -> Arguments {
        let mut arguments = Arguments::default();
        let start = if version.is_at_least(2, 43) { "command line" } else { "commandline" };
        if let Err((exit, message)) = arguments.parse(words, version) {
            let message = format!("Error parsing {start} arguments: {message}");
            arguments.stop = Some(Stop { exit, message });
            return arguments;
        }
        arguments.stop = arguments.wrong_side(version);
        arguments
    }

    fn parse(&mut self, words: &[String], version: &Version) -> Result<(), (u8, String)> {
        let mut words = words.iter();
        while let Some(word) = words.next() {
            let Some(long) = word.strip_prefix("--") else {
                return Err((
                    1,
                    match word.strip_prefix('-').and_then(|it| it.chars().next()) {
                        Some(short) => format!("unknown short flag '-{short}'"),
                        None => format!("unexpected {word}"),
                    },
                ));
            };
            let (name, value) = match long.split_once('=') {
                Some((name, value)) => (name, Some(value)),
                None => (long, None),
            };
            let negated = name.strip_prefix("no-").and_then(|name| flag(name, version));
            let (flag, is_on) = match (flag(name, version), negated) {
                (Some(flag), _) => (flag, true),
                (None, Some(flag)) if flag.is_bool => (flag, false),
                _ => return Err((1, format!("unknown long flag '--{name}'"))),
            };
            let value = match (flag.is_bool, value) {
                (true, Some(value)) => return Err((1, format!("unexpected {value}"))),
                (true, None) => is_on.to_string(),
                (false, Some(value)) => value.to_owned(),
                (false, None) => match words.next() {
                    Some(value) => value.clone(),
                    None => return Err((1, format!("expected argument for flag '--{name}'"))),
                },
            };
            if !flag.is_many && self.given.iter().any(|(given, _)| given == flag.name) {
                return Err((2, format!("flag '{}' cannot be repeated", flag.name)));
            }
            self.given.push((flag.name.to_owned(), value));
        }
        Ok(())
    }

    /// Flags that belong to the other mode.
    fn wrong_side(&self, version: &Version) -> Option<Stop> {
        let (other, what) = match self.mode(version) {
            Mode::Agent => ("server", "can not be used in agent mode"),
            Mode::Server => ("agent", "can only be used in agent mode"),
        };
        let wrong: Vec<String> = self
            .given
            .iter()
            .filter(|(name, _)| flag(name, version).is_some_and(|flag| flag.side == other))
            .map(|(name, _)| format!("\"--{name}\""))
            .collect();
        (!wrong.is_empty()).then(|| Stop {
            exit: 3,
            message: format!("The following flag(s) {what}: [{}]", wrong.join(" ")),
        })
    }

    /// Which mode these flags give.
    pub fn mode(&self, version: &Version) -> Mode {
        let is_agent = if version.is_at_least(3, 0) {
            self.value("agent") == Some("true")
        } else {
            self.features().any(|feature| feature == "agent")
        };
        if is_agent { Mode::Agent } else { Mode::Server }
    }

    /// Why it ends at once, if it does.
    pub fn stop(&self) -> Option<&Stop> {
        self.stop.as_ref()
    }

    /// The names given to `--enable-feature`.
    pub fn features(&self) -> impl Iterator<Item = &str> {
        let lists = self.given.iter().filter(|(name, _)| name == "enable-feature");
        lists.flat_map(|(_, list)| list.split(','))
    }

    /// The value of a flag, as it is given.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.given.iter().rev().find(|(given, _)| given == name).map(|(_, value)| value.as_str())
    }

    /// The file it loads; a relative one is from its working folder.
    pub fn config_file(&self) -> Utf8PathBuf {
        Utf8PathBuf::from(self.value("config.file").unwrap_or("/etc/prometheus/prometheus.yml"))
    }

    /// Whether `$` in external labels is expanded.
    pub fn expands_external_labels(&self, version: &Version) -> bool {
        version.is_at_least(3, 0)
            || self.features().any(|feature| feature == "expand-external-labels")
    }
}

fn flag(name: &str, version: &Version) -> Option<&'static Flag> {
    static TABLE: OnceLock<Vec<Flag>> = OnceLock::new();
    let table = TABLE.get_or_init(|| include_str!("flags.txt").lines().filter_map(row).collect());
    let release = version.release();
    table.iter().find(|flag| flag.name == name && (flag.first..=flag.last).contains(&release))
}

fn row(line: &'static str) -> Option<Flag> {
    let mut words = line.split(' ').filter(|_| !line.starts_with('#'));
    let (name, kind, side) = (words.next()?, words.next()?, words.next()?);
    let (first, last) = fields::range(words.next().unwrap_or_default());
    Some(Flag { name, is_bool: kind == "bool", is_many: kind == "many", side, first, last })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(words: &[&str], version: &str) -> (Arguments, Version) {
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        let version = Version::parse(version).unwrap();
        (Arguments::read(&words, &version), version)
    }

    #[test]
    fn the_flag_for_agent_mode_depends_on_the_version() {
        let (old, version) = read(&["--enable-feature=exemplar-storage,agent"], "2.53.3");
        assert_eq!(old.mode(&version), Mode::Agent);
        let (new, version) = read(&["--enable-feature=agent"], "3.5.3");
        assert_eq!((new.mode(&version), new.stop()), (Mode::Server, None));
        let (unknown, _) = read(&["--agent"], "2.53.3");
        assert_eq!(unknown.stop().map(|stop| stop.exit), Some(1));
    }

    #[test]
    fn flags_of_the_other_mode_end_it() {
        let (wrong, _) = read(&["--agent", "--query.timeout=1m"], "3.14.0");
        let stop = wrong.stop().unwrap();
        assert_eq!(stop.exit, 3);
        assert!(stop.message.contains("[\"--query.timeout\"]"));
    }
}
