//! What Go's `url.Parse` refuses, in its words. Nearly everything passes.

use alloy_grammar::literal::quote;

/// Where in an address a text stands; each has its own rules.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Host,
    Zone,
    /// Path, user and fragment, where every valid escape passes.
    Other,
}

/// What Go says to a text for a URL; nothing if it is one. A user's name and password are left out.
pub fn fault(text: &str) -> Option<String> {
    let reason = parse(text).err()?;
    Some(format!("parse {}: {reason}", quote(&without_user(text))))
}

fn without_user(text: &str) -> String {
    let Some((before, rest)) = text.split_once("//") else { return text.to_owned() };
    let end = rest.find('/').unwrap_or(rest.len());
    match rest[..end].rfind('@') {
        Some(at) => format!("{before}//(user){}", &rest[at..]),
        None => text.to_owned(),
    }
}

fn parse(text: &str) -> Result<(), String> {
    let (text, fragment) = text.split_once('#').unwrap_or((text, ""));
    if text.bytes().any(|byte| byte < b' ' || byte == 0x7f) {
        return Err("net/url: invalid control character in URL".to_owned());
    }
    if text != "*" {
        address(text)?;
    }
    unescape(fragment, Part::Other)
}

fn address(text: &str) -> Result<(), String> {
    let (has_scheme, rest) = scheme(text)?;
    let rest = rest.split_once('?').map_or(rest, |(rest, _)| rest);
    if !rest.starts_with('/') {
        if has_scheme {
            return Ok(());
        }
        if rest.split('/').next().is_some_and(|segment| segment.contains(':')) {
            return Err("first path segment in URL cannot contain colon".to_owned());
        }
    }
    let Some(behind) = rest.strip_prefix("//") else { return unescape(rest, Part::Other) };
    if !has_scheme && behind.starts_with('/') {
        return unescape(rest, Part::Other);
    }
    let (authority, path) = behind.split_at(behind.find('/').unwrap_or(behind.len()));
    let (user, host) = match authority.rsplit_once('@') {
        Some((user, host)) => (Some(user), host),
        None => (None, authority),
    };
    check_host(host)?;
    if let Some(user) = user {
        check_user(user)?;
    }
    unescape(path, Part::Other)
}

/// Whether there is a scheme, and what follows it.
fn scheme(text: &str) -> Result<(bool, &str), String> {
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' => {}
            b'0'..=b'9' | b'+' | b'-' | b'.' if at > 0 => {}
            b':' if at == 0 => return Err("missing protocol scheme".to_owned()),
            b':' => return Ok((true, &text[at + 1..])),
            _ => return Ok((false, text)),
        }
    }
    Ok((false, text))
}

fn check_host(host: &str) -> Result<(), String> {
    if let Some(open) = host.rfind('[') {
        let Some(close) = host.rfind(']') else {
            return Err("missing ']' in host".to_owned());
        };
        check_port(&host[close + 1..])?;
        let name = host.get(open + 1..close).unwrap_or_default();
        return match name.split_once("%25") {
            Some((name, zone)) => {
                unescape(name, Part::Host)?;
                unescape(zone, Part::Zone)
            }
            None => unescape(name, Part::Host),
        };
    }
    if let Some(colon) = host.find(':') {
        check_port(&host[colon..])?;
    }
    unescape(host, Part::Host)
}

fn check_port(port: &str) -> Result<(), String> {
    let is_valid = port.is_empty()
        || port.strip_prefix(':').is_some_and(|port| port.bytes().all(|b| b.is_ascii_digit()));
    if is_valid { Ok(()) } else { Err(format!("invalid port {} after host", quote(port))) }
}

fn check_user(user: &str) -> Result<(), String> {
    let is_allowed = |c: char| c.is_ascii_alphanumeric() || "-._:~!$&'()*+,;=%@".contains(c);
    if !user.chars().all(is_allowed) {
        return Err("net/url: invalid userinfo".to_owned());
    }
    unescape(user, Part::Other).map_err(|_| "invalid URL escape in the user".to_owned())
}

fn unescape(text: &str, part: Part) -> Result<(), String> {
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        let byte = bytes[at];
        if byte != b'%' {
            if part != Part::Other && byte < 0x80 && !is_host_byte(byte) {
                let byte = quote(&char::from(byte).to_string());
                return Err(format!("invalid character {byte} in host name"));
            }
            at += 1;
            continue;
        }
        let escape = &bytes[at..bytes.len().min(at + 3)];
        if !is_escape(escape, part) {
            let escape = quote(&String::from_utf8_lossy(escape));
            return Err(format!("invalid URL escape {escape}"));
        }
        at += 3;
    }
    Ok(())
}

/// Whether three bytes are an escape; in a host only bytes that are not ASCII may be escaped.
fn is_escape(escape: &[u8], part: Part) -> bool {
    let digit = |at: usize| char::from(*escape.get(at)?).to_digit(16);
    let Some(byte) = digit(1).zip(digit(2)).map(|(high, low)| (high * 16 + low) as u8) else {
        return false;
    };
    match part {
        Part::Other => true,
        Part::Host => byte >= 0x80 || byte == b'%',
        Part::Zone => byte == b'%' || byte == b' ' || is_host_byte(byte),
    }
}

fn is_host_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!$&'()*+,;=:[]<>\"-_.~".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nearly_everything_is_a_url() {
        for text in [
            "",
            "*",
            "x",
            "/x",
            "http://x.example:9090/a?b#c",
            "//x",
            "mailto:a b",
            "http://[::1]:80/",
            "http://ä.example",
            "a/b:c",
            "http://u:p@x",
        ] {
            assert_eq!(fault(text), None, "{text}");
        }
    }

    #[test]
    fn what_go_refuses_is_refused_in_its_words() {
        for (text, expected) in [
            ("::", "parse \"::\": missing protocol scheme"),
            ("http://[x", "parse \"http://[x\": missing ']' in host"),
            ("http://a b", "parse \"http://a b\": invalid character \" \" in host name"),
            ("http://x:y", "parse \"http://x:y\": invalid port \":y\" after host"),
            ("1:2", "parse \"1:2\": first path segment in URL cannot contain colon"),
            ("/%zz", "parse \"/%zz\": invalid URL escape \"%zz\""),
            ("a\nb", "parse \"a\\nb\": net/url: invalid control character in URL"),
        ] {
            assert_eq!(fault(text).as_deref(), Some(expected));
        }
    }

    #[test]
    fn a_password_is_not_repeated() {
        let said = fault("http://user:geheim@a b").expect("a blank in a host");
        assert!(!said.contains("geheim"), "{said}");
    }
}
