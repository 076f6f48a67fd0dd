//! Alloy's own command line: the path it loads and the flags that change what that means.

use std::collections::BTreeMap;

/// The flags of `alloy run` that take no value of their own.
const SWITCHES: &[&str] = &[
    "cluster.enable-tls",
    "cluster.enabled",
    "cluster.use-discovery-v1",
    "config.bypass-conversion-errors",
    "disable-reporting",
    "feature.community-components.enabled",
    "feature.prometheus.direct-fanout.enabled",
    "help",
    "server.http.disable-support-bundle",
    "server.http.enable-pprof",
];

/// The arguments of `alloy run`, taken apart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AlloyArgs {
    flags: BTreeMap<String, String>,
    /// What is no flag: `alloy run` takes exactly one, the path of its configuration.
    pub paths: Vec<String>,
}

impl AlloyArgs {
    /// Takes the arguments behind `alloy run` apart. Of a flag given twice the last one counts.
    pub fn parse<S: AsRef<str>>(arguments: &[S]) -> AlloyArgs {
        let mut parsed = AlloyArgs::default();
        let mut rest = arguments.iter().map(AsRef::as_ref);
        while let Some(argument) = rest.next() {
            if argument == "--" {
                parsed.paths.extend(rest.by_ref().map(str::to_owned));
            } else if let Some(flag) = argument.strip_prefix("--") {
                let (name, value) = match flag.split_once('=') {
                    Some((name, value)) => (name, value),
                    None if SWITCHES.contains(&flag) => (flag, "true"),
                    None => (flag, rest.next().unwrap_or_default()),
                };
                parsed.flags.insert(name.to_owned(), value.to_owned());
            } else if argument.len() < 2 || !argument.starts_with('-') {
                parsed.paths.push(argument.to_owned());
            }
        }
        parsed
    }

    /// The value of a flag, named without its dashes.
    pub fn flag(&self, name: &str) -> Option<&str> {
        self.flags.get(name).map(String::as_str)
    }

    /// Every flag that is given, by name, with its value.
    pub fn flags(&self) -> impl Iterator<Item = (&str, &str)> {
        self.flags.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// `--stability.level`.
    pub fn stability(&self) -> &str {
        self.flag("stability.level").unwrap_or("generally-available")
    }

    /// `--feature.community-components.enabled`.
    pub fn allows_community(&self) -> bool {
        self.is_on("feature.community-components.enabled")
    }

    /// `--server.http.listen-addr`.
    pub fn listen_addr(&self) -> &str {
        self.flag("server.http.listen-addr").unwrap_or("127.0.0.1:12345")
    }

    /// `--server.http.ui-path-prefix`.
    pub fn ui_path_prefix(&self) -> &str {
        self.flag("server.http.ui-path-prefix").unwrap_or("/")
    }

    /// `--storage.path`.
    pub fn storage_path(&self) -> &str {
        self.flag("storage.path").unwrap_or("data-alloy/")
    }

    /// `--config.format`; anything but `alloy` is converted before it is loaded.
    pub fn config_format(&self) -> &str {
        self.flag("config.format").unwrap_or("alloy")
    }

    /// Whether a switch is given and not switched off again.
    fn is_on(&self, name: &str) -> bool {
        self.flag(name).is_some_and(|value| matches!(value, "true" | "1" | "t" | "T" | "TRUE"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_and_the_path_are_told_apart() {
        let args = AlloyArgs::parse(&[
            "--server.http.listen-addr=0.0.0.0:12345",
            "--feature.community-components.enabled",
            "--storage.path",
            "/var/lib/alloy/data",
            "/etc/alloy/",
        ]);
        assert_eq!(args.paths, ["/etc/alloy/"]);
        assert_eq!(args.listen_addr(), "0.0.0.0:12345");
        assert_eq!(args.storage_path(), "/var/lib/alloy/data");
        assert!(args.allows_community());
        assert_eq!(args.stability(), "generally-available");
    }

    #[test]
    fn the_last_of_two_counts_and_a_switch_can_be_off() {
        let args = AlloyArgs::parse(&[
            "--stability.level=public-preview",
            "--stability.level=experimental",
            "--feature.community-components.enabled=false",
            "--",
            "--odd",
        ]);
        assert_eq!(args.stability(), "experimental");
        assert!(!args.allows_community());
        assert_eq!(args.paths, ["--odd"]);
    }
}
