//! The selectors of `stage.match`: `{job="a", env=~"b.*"} |= "text"`.

use super::super::regexp;

/// What is wrong with a selector.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// It does not follow the syntax.
    Syntax,
    /// The expression that a line must match is none.
    Filter,
    /// The expression that a label must match is none, on which Alloy crashes.
    Matcher,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    /// A sign of the syntax.
    Sign(&'static str),
    Text(String),
    /// Anything else: a name.
    Name,
}

const SIGNS: [&str; 10] = ["!=", "=~", "!~", "|=", "|~", ",", ".", "{", "}", "="];

/// What is wrong with a selector; nothing if it is one.
pub(super) fn fault(text: &str) -> Option<Fault> {
    read(text).err()
}

fn read(text: &str) -> Result<(), Fault> {
    let tokens = tokens(text).ok_or(Fault::Syntax)?;
    let mut rest = tokens.as_slice();
    match rest {
        [Token::Sign("{"), after @ ..] => rest = after,
        _ => return Err(Fault::Syntax),
    }
    loop {
        let [Token::Name, Token::Sign(sign), Token::Text(text), after @ ..] = rest else {
            return Err(Fault::Syntax);
        };
        match *sign {
            "=" | "!=" => {}
            "=~" | "!~" if regexp::fault(&format!("^(?s:{text})$")).is_some() => {
                return Err(Fault::Matcher);
            }
            "=~" | "!~" => {}
            _ => return Err(Fault::Syntax),
        }
        match after {
            [Token::Sign(","), after @ ..] => rest = after,
            [Token::Sign("}"), after @ ..] => return filters(after),
            _ => return Err(Fault::Syntax),
        }
    }
}

fn filters(mut rest: &[Token]) -> Result<(), Fault> {
    let mut is_wrong = false;
    while !rest.is_empty() {
        let [Token::Sign(sign), Token::Text(text), after @ ..] = rest else {
            return Err(Fault::Syntax);
        };
        match *sign {
            "|=" | "!=" => {}
            "|~" | "!~" => is_wrong |= regexp::fault(text).is_some(),
            _ => return Err(Fault::Syntax),
        }
        rest = after;
    }
    if is_wrong { Err(Fault::Filter) } else { Ok(()) }
}

fn tokens(text: &str) -> Option<Vec<Token>> {
    let mut out = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let used = if let Some(sign) = SIGNS.iter().find(|sign| rest.starts_with(**sign)) {
            out.push(Token::Sign(sign));
            sign.len()
        } else if first == '"' {
            let end = end_of_text(rest)?;
            out.push(Token::Text(alloy_grammar::literal::unquote(&rest[..end])?.into_owned()));
            end
        } else {
            out.push(Token::Name);
            let is_word = |c: char| c.is_alphanumeric() || c == '_';
            match rest.find(|c: char| !is_word(c)) {
                Some(0) => first.len_utf8(),
                end => end.unwrap_or(rest.len()),
            }
        };
        rest = rest[used..].trim_start();
    }
    Some(out)
}

/// Where a quoted text ends, behind its second quote.
fn end_of_text(text: &str) -> Option<usize> {
    let mut is_escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            '\n' => return None,
            '"' if !is_escaped => return Some(at + 1),
            _ => is_escaped = c == '\\' && !is_escaped,
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn selectors_are_read_with_their_filters() {
        for (text, expected) in [
            ("{a=\"b\"}", None),
            ("{a=~\"b.*\", c!=\"d\"} |= \"x\" != \"y\"", None),
            ("{}", Some(Fault::Syntax)),
            ("", Some(Fault::Syntax)),
            ("{a=b}", Some(Fault::Syntax)),
            ("{a=\"b\"", Some(Fault::Syntax)),
            ("{a=\"b\",}", Some(Fault::Syntax)),
            ("{a=~\"(\"}", Some(Fault::Matcher)),
            ("{a=\"b\"} |~ \"(\"", Some(Fault::Filter)),
        ] {
            assert_eq!(fault(text), expected, "{text}");
        }
    }
}
