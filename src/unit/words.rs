//! Words of a unit file's value: systemd's quoting and escapes, to the letter.
//!
//! One function serves `Environment=` and `ExecStart=`; environment files have rules of their own
//! (`environment_file`).

/// What to do with an escape that means nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum UnknownEscape {
    /// The value is wrong from here on (`Environment=`).
    Refuse,
    /// The backslash stays (`ExecStart=`).
    Keep,
}

/// The value is wrong from here on: an open quote or an escape that means nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct BadWord;

const SEPARATORS: &[u8] = b" \t\n\r";

/// Takes the first word off a value: quotes removed, C escapes resolved.
///
/// None at the end of the value.
pub(super) fn first_word(
    rest: &mut &str,
    unknown: UnknownEscape,
) -> Result<Option<String>, BadWord> {
    let text = rest.trim_start_matches(is_separator);
    if text.is_empty() {
        *rest = text;
        return Ok(None);
    }
    let bytes = text.as_bytes();
    let mut word = Vec::new();
    let mut quote = None;
    let mut at = 0;
    while at < bytes.len() {
        let byte = bytes[at];
        at += 1;
        match (byte, quote) {
            (b'\\', _) => at += escape(&bytes[at..], unknown, &mut word)?,
            (b'\'' | b'"', None) => quote = Some(byte),
            (_, Some(open)) if byte == open => quote = None,
            (_, None) if SEPARATORS.contains(&byte) => break,
            _ => word.push(byte),
        }
    }
    if quote.is_some() {
        return Err(BadWord);
    }
    *rest = text[at..].trim_start_matches(is_separator);
    String::from_utf8(word).map(Some).map_err(|_| BadWord)
}

/// All words of a value, up to the first that is wrong.
pub(super) fn words(value: &str, unknown: UnknownEscape) -> (Vec<String>, Result<(), BadWord>) {
    let mut rest = value;
    let mut words = Vec::new();
    loop {
        match first_word(&mut rest, unknown) {
            Ok(Some(word)) => words.push(word),
            Ok(None) => return (words, Ok(())),
            Err(bad) => return (words, Err(bad)),
        }
    }
}

/// Splits the value of an unbraced `$NAME`: quotes group, a backslash takes the next character
/// as it is, and nothing is ever wrong.
pub(super) fn split_variable(value: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    let mut chars = value.chars();
    while let Some(c) = chars.next() {
        match (c, quote) {
            ('\\', _) => match chars.next() {
                Some(next) => word.get_or_insert_default().push(next),
                None => break,
            },
            ('\'' | '"', None) => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (_, Some(open)) if c == open => quote = None,
            (_, None) if is_separator(c) => words.extend(word.take()),
            _ => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}

/// Whether systemd separates words at this character.
pub(super) fn is_separator(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r')
}

/// Resolves one escape; `rest` begins behind the backslash. Returns how many bytes it took.
fn escape(rest: &[u8], unknown: UnknownEscape, word: &mut Vec<u8>) -> Result<usize, BadWord> {
    let Some(&byte) = rest.first() else {
        // A trailing backslash.
        return match unknown {
            UnknownEscape::Refuse => Err(BadWord),
            UnknownEscape::Keep => {
                word.push(b'\\');
                Ok(0)
            }
        };
    };
    let simple = match byte {
        b'a' => Some(0x07),
        b'b' => Some(0x08),
        b'f' => Some(0x0c),
        b'n' => Some(b'\n'),
        b'r' => Some(b'\r'),
        b't' => Some(b'\t'),
        b'v' => Some(0x0b),
        b's' => Some(b' '),
        b'\\' | b'"' | b'\'' => Some(byte),
        _ => None,
    };
    if let Some(simple) = simple {
        word.push(simple);
        return Ok(1);
    }
    let numeric = match byte {
        b'x' => number(rest, 1, 2, 16).map(|value| (Numeric::Byte(value), 3)),
        b'u' => number(rest, 1, 4, 16).map(|value| (Numeric::Char(value), 5)),
        b'U' => number(rest, 1, 8, 16).map(|value| (Numeric::Char(value), 9)),
        b'0'..=b'7' => number(rest, 0, 3, 8).map(|value| (Numeric::Byte(value), 3)),
        _ => None,
    };
    match numeric {
        Some((Numeric::Byte(value @ 1..=255), taken)) => {
            word.push(value as u8);
            Ok(taken)
        }
        Some((Numeric::Char(value), taken)) if value != 0 && char::from_u32(value).is_some() => {
            let c = char::from_u32(value).unwrap_or(char::REPLACEMENT_CHARACTER);
            word.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
            Ok(taken)
        }
        _ if unknown == UnknownEscape::Keep => {
            word.extend_from_slice(&[b'\\', byte]);
            Ok(1)
        }
        _ => Err(BadWord),
    }
}

enum Numeric {
    Byte(u32),
    Char(u32),
}

/// Exactly `len` digits from `from` on.
fn number(bytes: &[u8], from: usize, len: usize, radix: u32) -> Option<u32> {
    bytes.get(from..from + len)?.iter().try_fold(0u32, |value, &byte| {
        value.checked_mul(radix)?.checked_add(char::from(byte).to_digit(radix)?)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn strict(value: &str) -> Vec<String> {
        let (words, ended) = words(value, UnknownEscape::Refuse);
        assert_eq!(ended, Ok(()), "{value}");
        words
    }

    #[test]
    fn quotes_group_and_may_stand_inside_a_word() {
        assert_eq!(strict(r#"A=1 "B=x y" C='z w'"#), ["A=1", "B=x y", "C=z w"]);
        assert_eq!(strict(r#"  "" a"b"'c' "#), ["", "abc"]);
    }

    #[test]
    fn c_escapes_are_resolved_even_in_single_quotes() {
        assert_eq!(strict(r"a\x41\tb\sc '\n' \101 \u00e4"), ["aA\tb c", "\n", "A", "ä"]);
        assert_eq!(strict(r"\xc3\xa4"), ["ä"]);
    }

    #[test]
    fn an_unknown_escape_ends_an_environment_but_stays_in_a_command() {
        assert_eq!(words(r"A=1 B=\q", UnknownEscape::Refuse), (vec!["A=1".into()], Err(BadWord)));
        assert_eq!(words(r"a \q\", UnknownEscape::Keep).0, ["a", r"\q\"]);
        assert_eq!(words(r"\x00", UnknownEscape::Refuse).1, Err(BadWord));
    }

    proptest::proptest! {
        #[test]
        fn any_text_can_be_split(text: String) {
            let _ = words(&text, UnknownEscape::Refuse);
            let _ = words(&text, UnknownEscape::Keep);
            split_variable(&text);
        }

        #[test]
        fn a_quoted_text_is_one_word(text: String) {
            let escaped = text.replace('\\', r"\\").replace('"', r#"\""#);
            let quoted = format!("a \"{escaped}\" b");
            let (found, ended) = words(&quoted, UnknownEscape::Refuse);
            proptest::prop_assert_eq!(ended, Ok(()));
            proptest::prop_assert_eq!(found, ["a", text.as_str(), "b"]);
        }
    }

    #[test]
    fn an_open_quote_is_wrong() {
        assert_eq!(words(r#"A=1 "B"#, UnknownEscape::Refuse), (vec!["A=1".into()], Err(BadWord)));
    }

    #[test]
    fn a_split_variable_keeps_quoted_blanks_and_drops_backslashes() {
        assert_eq!(split_variable(r#" a "b c"  d\ e '' "#), ["a", "b c", "d e", ""]);
        assert_eq!(split_variable(r#""open"#), ["open"]);
    }
}
