//! Specifiers: `%H` and its kin, as far as files can tell their values.

use camino::Utf8Path;

use crate::system::System;

/// Every specifier that systemd replaces in the settings of a service.
const KNOWN_TO_SYSTEMD: &str = "aAbBCdDEfgGhHiIjJlLmMnNopPqsStTuUvVwWyY";

/// What the specifiers of one unit stand for.
#[derive(Clone, Default)]
pub(super) struct Specifiers {
    known: Vec<(char, String)>,
}

impl Specifiers {
    /// The specifiers of a unit of the system manager.
    pub(super) fn new(system: &System, unit: &str, fragment: &Utf8Path) -> Specifiers {
        let bare = unit.rsplit_once('.').map_or(unit, |(bare, _)| bare);
        let (prefix, instance) = bare.split_once('@').unwrap_or((bare, ""));
        let last = prefix.rsplit_once('-').map_or(prefix, |(_, last)| last);
        let host = system.hostname.as_deref();
        let short = host.map(|host| host.split_once('.').map_or(host, |(short, _)| short));
        let read = |path: &str| system.files.read_to_string(Utf8Path::new(path)).ok();
        let machine = read("/etc/machine-id").map(|text| text.trim().to_owned());
        let release = read("/etc/os-release").or_else(|| read("/usr/lib/os-release"));
        let os = |key| release.as_deref().and_then(|text| os_value(text, key));
        let mut known = Vec::new();
        let mut know = |letter, value: Option<&str>| {
            if let Some(value) = value {
                known.push((letter, value.to_owned()));
            }
        };
        for (letter, value) in [
            ('n', unit),
            ('N', bare),
            ('p', prefix),
            ('P', prefix),
            ('i', instance),
            ('I', instance),
            ('j', last),
            ('J', last),
            ('y', fragment.as_str()),
            ('Y', fragment.parent().map_or("/", Utf8Path::as_str)),
            ('u', "root"),
            ('U', "0"),
            ('g', "root"),
            ('G', "0"),
            ('h', "/root"),
            ('C', "/var/cache"),
            ('E', "/etc"),
            ('L', "/var/log"),
            ('S', "/var/lib"),
            ('t', "/run"),
            ('T', "/tmp"),
            ('V', "/var/tmp"),
        ] {
            know(letter, Some(value));
        }
        know('H', host);
        know('l', short);
        know('m', machine.as_deref());
        know('o', os("ID").as_deref());
        know('w', os("VERSION_ID").as_deref());
        know('W', os("VARIANT_ID").as_deref());
        Specifiers { known }
    }

    /// The first specifier of a text that systemd knows and files do not tell.
    pub(super) fn unknown_in(&self, text: &str) -> Option<char> {
        let mut chars = text.chars();
        while let Some(c) = chars.next() {
            let letter = if c == '%' { chars.next()? } else { continue };
            if KNOWN_TO_SYSTEMD.contains(letter)
                && !self.known.iter().any(|(known, _)| *known == letter)
            {
                return Some(letter);
            }
        }
        None
    }

    /// Puts the values in; a specifier whose value is not known stays as it is, as one that
    /// systemd does not know does.
    pub(super) fn expand(&self, text: &str) -> String {
        if !text.contains('%') {
            return text.to_owned();
        }
        let mut expanded = String::with_capacity(text.len());
        let mut chars = text.chars();
        while let Some(c) = chars.next() {
            if c != '%' {
                expanded.push(c);
                continue;
            }
            match chars.next() {
                None => expanded.push('%'),
                Some('%') => expanded.push('%'),
                Some(letter) => match self.known.iter().find(|(known, _)| *known == letter) {
                    Some((_, value)) => expanded.push_str(value),
                    None => expanded.extend(['%', letter]),
                },
            }
        }
        expanded
    }
}

/// A value of os-release, quotes removed.
fn os_value(text: &str, key: &str) -> Option<String> {
    let value = text.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix('='))?;
    Some(value.trim().trim_matches(['"', '\'']).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_specifiers_are_replaced_and_others_stay() {
        let specifiers = Specifiers { known: vec![('H', "host".to_owned())] };
        assert_eq!(specifiers.expand("a%H%%%q%"), "ahost%%q%");
        assert_eq!(specifiers.unknown_in("a%H%%v%e%"), None);
        assert_eq!(specifiers.unknown_in("a%H%%%v"), Some('v'));
    }
}
