//! Directives, anchors, aliases and tags.

use super::Fault;
use super::scanner::{Scanner, Token, TokenKind};

type Scanned<T = ()> = Result<T, Fault>;

impl Scanner<'_> {
    /// `%YAML 1.1` or `%TAG !x! tag:example.org:`
    pub(super) fn directive(&mut self) -> Scanned<Token> {
        let start = self.mark;
        self.skip();
        let name = self.word();
        if name.is_empty() {
            return Err(self.fault("could not find expected directive name"));
        }
        if !self.is_blank_or_end(0) {
            return Err(self.fault("found unexpected non-alphabetical character"));
        }
        let kind = match name.as_str() {
            "YAML" => self.version()?,
            "TAG" => self.tag_directive()?,
            _ => return Err(self.fault("found unknown directive name")),
        };
        let span = self.from(start);
        self.rest_of_line()?;
        Ok(Token { kind, span })
    }

    fn version(&mut self) -> Scanned<TokenKind> {
        self.skip_blanks();
        let major = self.version_number()?;
        if self.at(0) != b'.' {
            return Err(self.fault("did not find expected digit or '.' character"));
        }
        self.skip();
        let minor = self.version_number()?;
        Ok(TokenKind::VersionDirective { is_known: (major, minor) == (1, 1) })
    }

    fn version_number(&mut self) -> Scanned<u8> {
        let (mut number, mut length) = (0, 0);
        while self.at(0).is_ascii_digit() {
            length += 1;
            if length > 2 {
                return Err(self.fault("found extremely long version number"));
            }
            number = number * 10 + (self.at(0) - b'0');
            self.skip();
        }
        match length {
            0 => Err(self.fault("did not find expected version number")),
            _ => Ok(number),
        }
    }

    fn tag_directive(&mut self) -> Scanned<TokenKind> {
        self.skip_blanks();
        let handle = self.tag_handle()?;
        if handle != "!" && !(handle.len() > 1 && handle.ends_with('!')) {
            return Err(self.fault("did not find expected '!'"));
        }
        if !self.is_blank(0) {
            return Err(self.fault("did not find expected whitespace"));
        }
        self.skip_blanks();
        let prefix = self.tag_uri("")?;
        if !self.is_blank_or_end(0) {
            return Err(self.fault("did not find expected whitespace or line break"));
        }
        Ok(TokenKind::TagDirective { handle, prefix })
    }

    /// `&name`, or `*name` for an alias.
    pub(super) fn anchor(&mut self, is_alias: bool) -> Scanned<Token> {
        let start = self.mark;
        self.skip();
        let name = self.word();
        let is_over = self.is_blank_or_end(0) || b"?:,]}%@`".contains(&self.at(0));
        if name.is_empty() || !is_over {
            return Err(self.fault("did not find expected alphabetic or numeric character"));
        }
        let kind = if is_alias { TokenKind::Alias(name) } else { TokenKind::Anchor(name) };
        Ok(Token { kind, span: self.from(start) })
    }

    /// `!<verbatim>`, `!handle!suffix`, `!suffix` or `!`
    pub(super) fn tag(&mut self) -> Scanned<Token> {
        let start = self.mark;
        let (handle, suffix) = if self.at(1) == b'<' {
            self.skip();
            self.skip();
            let suffix = self.tag_uri("")?;
            if self.at(0) != b'>' {
                return Err(self.fault("did not find the expected '>'"));
            }
            self.skip();
            (String::new(), suffix)
        } else {
            let handle = self.tag_handle()?;
            if handle.len() > 1 && handle.ends_with('!') {
                let suffix = self.tag_uri("")?;
                (handle, suffix)
            } else {
                match self.tag_uri(&handle)? {
                    suffix if suffix.is_empty() => (suffix, "!".to_owned()),
                    suffix => ("!".to_owned(), suffix),
                }
            }
        };
        if !self.is_blank_or_end(0) {
            return Err(self.fault("did not find expected whitespace or line break"));
        }
        Ok(Token { kind: TokenKind::Tag { handle, suffix }, span: self.from(start) })
    }

    fn tag_handle(&mut self) -> Scanned<String> {
        if self.at(0) != b'!' {
            return Err(self.fault("did not find expected '!'"));
        }
        let mut handle = self.skip().to_owned();
        handle.push_str(&self.word());
        if self.at(0) == b'!' {
            handle.push_str(self.skip());
        }
        Ok(handle)
    }

    /// The rest of a tag, whose beginning was taken for a handle.
    fn tag_uri(&mut self, head: &str) -> Scanned<String> {
        let mut uri: Vec<u8> = head.bytes().skip(1).collect();
        let mut is_there = !head.is_empty();
        while is_word(self.at(0)) || b";/?:@&=+$,.!~*'()[]%".contains(&self.at(0)) {
            is_there = true;
            if self.at(0) == b'%' {
                self.uri_escapes(&mut uri)?;
            } else {
                uri.extend(self.skip().bytes());
            }
        }
        if !is_there {
            return Err(self.fault("did not find expected tag URI"));
        }
        Ok(String::from_utf8_lossy(&uri).into_owned())
    }

    /// One character as `%C3%A4`.
    fn uri_escapes(&mut self, uri: &mut Vec<u8>) -> Scanned {
        let mut left: Option<u8> = None;
        while left != Some(0) {
            let digit = |ahead: usize| char::from(self.at(ahead)).to_digit(16);
            let (b'%', Some(high), Some(low)) = (self.at(0), digit(1), digit(2)) else {
                return Err(self.fault("did not find URI escaped octet"));
            };
            let octet = (high * 16 + low) as u8;
            left = Some(match (left, octet) {
                (None, 0..=0x7F) => 0,
                (None, 0xC0..=0xDF) => 1,
                (None, 0xE0..=0xEF) => 2,
                (None, 0xF0..=0xF7) => 3,
                (None, _) => return Err(self.fault("found an incorrect leading UTF-8 octet")),
                (Some(more), 0x80..=0xBF) => more - 1,
                (Some(_), _) => {
                    return Err(self.fault("found an incorrect trailing UTF-8 octet"));
                }
            });
            uri.push(octet);
            self.skip_many(3);
        }
        Ok(())
    }

    fn skip_blanks(&mut self) {
        while self.is_blank(0) {
            self.skip();
        }
    }

    /// Letters, digits, `_` and `-`.
    fn word(&mut self) -> String {
        let mut word = String::new();
        while is_word(self.at(0)) {
            word.push_str(self.skip());
        }
        word
    }
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-')
}
