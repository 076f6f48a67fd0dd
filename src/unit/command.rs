//! Command lines of a unit: splitting them, and putting variables in.

use std::collections::BTreeMap;

use super::specifiers::Specifiers;
use super::words::{UnknownEscape, first_word, is_separator, split_variable};
use super::{EnvValue, Setting};

/// The most that a kernel takes for the arguments of a process, and what each costs beside its
/// text.
const MOST_BYTES: usize = 2 << 20;
const ARGUMENT: usize = 9;

/// A command as it stands in the unit: words split, variables not yet put in.
#[derive(Clone, Default)]
pub(super) struct Command {
    words: Vec<String>,
    /// The prefix `:` turns variables off.
    plain: bool,
}

/// Splits the value of `ExecStart=` into its commands.
///
/// None if systemd refuses the line.
pub(super) fn parse(setting: &Setting, specifiers: &Specifiers) -> Option<Vec<Command>> {
    let mut commands = Vec::new();
    let mut rest = setting.value.as_str();
    while !rest.trim_start_matches(is_separator).is_empty() {
        let first = first_word(&mut rest, UnknownEscape::Keep).ok()??;
        let path = first.trim_start_matches(['-', '@', ':', '+', '!', '|']);
        let prefix = &first[..first.len() - path.len()];
        let mut command = Command { words: Vec::new(), plain: prefix.contains(':') };
        command.words.push(specifiers.expand(path));
        let mut ended = false;
        while !ended {
            let bare = |text: &str| text.is_empty() || text.starts_with(is_separator);
            if let Some(next) = rest.strip_prefix(';').filter(|next| bare(next)) {
                rest = next;
                ended = true;
            } else if let Some(next) = rest.strip_prefix("\\;").filter(|next| bare(next)) {
                rest = next.trim_start_matches(is_separator);
                command.words.push(";".to_owned());
            } else {
                match first_word(&mut rest, UnknownEscape::Keep).ok()? {
                    Some(word) => command.words.push(specifiers.expand(&word)),
                    None => ended = true,
                }
            }
        }
        if prefix.contains('@') && command.words.len() > 1 {
            // With `@` the second word is only the name the process goes by.
            command.words.remove(1);
        }
        commands.push(command);
    }
    Some(commands)
}

impl Command {
    /// The arguments as the process gets them; none where they are more than a kernel takes, so
    /// that the process cannot be started.
    pub(super) fn expand(&self, environment: &BTreeMap<String, EnvValue>) -> Option<Vec<String>> {
        if self.plain {
            return Some(self.words.clone());
        }
        let mut room = MOST_BYTES;
        let mut arguments = Vec::new();
        for word in &self.words {
            match word.strip_prefix('$').filter(|name| !name.starts_with(['{', '$'])) {
                Some(name) => {
                    let value = environment.get(name).map_or("", |value| value.value.as_str());
                    room = room.checked_sub(value.len() + ARGUMENT)?;
                    let split = split_variable(value);
                    room = room.checked_sub(split.len() * ARGUMENT)?;
                    arguments.extend(split);
                }
                None => {
                    let argument = put_in(word, environment, room)?;
                    room = room.checked_sub(argument.len() + ARGUMENT)?;
                    arguments.push(argument);
                }
            }
        }
        Some(arguments)
    }

    /// The names of the variables the command asks for.
    pub(super) fn variables(&self) -> Vec<&str> {
        let mut names = Vec::new();
        for word in self.words.iter().filter(|_| !self.plain) {
            match word.strip_prefix('$').filter(|name| !name.starts_with(['{', '$'])) {
                Some(name) => names.push(name),
                None => names.extend(
                    word.split("${").skip(1).filter_map(|part| Some(part.split_once('}')?.0)),
                ),
            }
        }
        names
    }
}

/// Replaces `${NAME}` by its value and `$$` by `$`; any other `$` stays. None where more comes of
/// it than there is room.
fn put_in(word: &str, environment: &BTreeMap<String, EnvValue>, room: usize) -> Option<String> {
    let mut text = String::with_capacity(word.len());
    let mut rest = word;
    while let Some(at) = rest.find('$') {
        text.push_str(&rest[..at]);
        let behind = &rest[at + 1..];
        if let Some(next) = behind.strip_prefix('$') {
            text.push('$');
            rest = next;
        } else if let Some((name, next)) =
            behind.strip_prefix('{').and_then(|next| next.split_once('}'))
        {
            text.push_str(environment.get(name).map_or("", |value| value.value.as_str()));
            if text.len() > room {
                return None;
            }
            rest = next;
        } else {
            text.push('$');
            rest = behind;
        }
    }
    text.push_str(rest);
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(line: &str, environment: &[(&str, &str)]) -> Vec<String> {
        let environment = environment
            .iter()
            .map(|&(name, value)| (name.to_owned(), EnvValue::new(value, None)))
            .collect();
        let setting = Setting { value: line.to_owned(), at: None };
        let commands = parse(&setting, &Specifiers::default()).expect("it splits");
        commands[0].expand(&environment).expect("it fits")
    }

    #[test]
    fn a_bare_variable_splits_and_a_braced_one_does_not() {
        let environment = [("ARGS", "-a \"b c\""), ("PATHS", "/x y")];
        let line = "/bin/alloy run $ARGS ${PATHS} pre${PATHS}post $NONE ${NONE} $$HOME a$ARGS";
        let expected =
            ["/bin/alloy", "run", "-a", "b c", "/x y", "pre/x ypost", "", "$HOME", "a$ARGS"];
        assert_eq!(run(line, &environment), expected);
    }

    #[test]
    fn more_than_a_kernel_takes_is_not_made() {
        let long: String = "x ".repeat(100_000);
        let environment = BTreeMap::from([("A".to_owned(), EnvValue::new(&long, None))]);
        for word in ["$A ", "${A}", "${A} "] {
            let value = format!("/bin/a {}", word.repeat(100));
            let setting = Setting { value, at: None };
            let commands = parse(&setting, &Specifiers::default()).expect("it splits");
            assert_eq!(commands[0].expand(&environment), None, "{word}");
        }
    }

    #[test]
    fn a_quoted_variable_is_still_a_whole_word_and_splits() {
        assert_eq!(run("/bin/a '$A'", &[("A", "x y")]), ["/bin/a", "x", "y"]);
    }

    #[test]
    fn prefixes_and_separators_are_no_arguments() {
        assert_eq!(run("-+/bin/a b ; /bin/c", &[]), ["/bin/a", "b"]);
        assert_eq!(run("/bin/a \\; b", &[]), ["/bin/a", ";", "b"]);
        assert_eq!(run("@/bin/a name b", &[]), ["/bin/a", "b"]);
        assert_eq!(run(":/bin/a $A", &[("A", "x")]), ["/bin/a", "$A"]);
    }
}
