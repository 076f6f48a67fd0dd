//! Numbers and strings.

use memchr::{memchr, memchr3};
use nom::branch::alt;
use nom::character::complete::{char, digit0, one_of};
use nom::combinator::opt;
use nom::{IResult, Parser};

use super::{Lexer, reading};
use crate::token::TokenKind;

impl Lexer<'_> {
    pub(super) fn number(&mut self) -> TokenKind {
        let start = self.at;
        let (rest, number) =
            number(&self.source[start..]).unwrap_or((&self.source[start..], Number::default()));
        self.move_to(self.source.len() - rest.len());
        if number.lacks_exponent {
            self.error(start, "exponent has no digits");
        }
        self.terminates = true;
        if number.is_float { TokenKind::Float } else { TokenKind::Number }
    }

    pub(super) fn quoted(&mut self) -> TokenKind {
        let start = self.at;
        self.move_to(start + 1);
        self.string_body(start, b'"');
        self.terminates = true;
        TokenKind::String
    }

    pub(super) fn single_quoted(&mut self) -> TokenKind {
        let start = self.at;
        self.move_to(start + 1);
        self.error(start, "illegal single-quoted string; use double quotes");
        self.string_body(start, b'\'');
        self.terminates = true;
        TokenKind::Illegal
    }

    pub(super) fn raw(&mut self) -> TokenKind {
        let start = self.at;
        let body = &self.source[start + 1..];
        match memchr(b'`', body) {
            Some(length) => self.move_to(start + 1 + length + 1),
            None => {
                self.move_to(self.source.len());
                self.error(start, "string literal not terminated");
            }
        }
        self.terminates = true;
        TokenKind::String
    }

    fn string_body(&mut self, start: usize, quote: u8) {
        loop {
            let rest = &self.source[self.at..];
            let length = memchr3(quote, b'\\', b'\n', rest).unwrap_or(rest.len());
            self.move_to(self.at + length);
            match self.source.get(self.at) {
                None | Some(b'\n') => {
                    self.error(start, "string literal not terminated");
                    return;
                }
                Some(b'\\') => {
                    self.move_to(self.at + 1);
                    self.escape();
                }
                Some(_) => return self.move_to(self.at + 1),
            }
        }
    }

    /// Reads what stands behind a backslash. After an error it stops at the character that is
    /// wrong, which is then part of the string.
    fn escape(&mut self) {
        let start = self.at;
        let (base, digits, largest) = match self.source.get(start) {
            Some(b'a' | b'b' | b'f' | b'n' | b'r' | b't' | b'v' | b'\\' | b'"') => {
                return self.move_to(start + 1);
            }
            Some(b'0'..=b'7') => (8, 3, 255),
            Some(b'x') => (16, 2, 255),
            Some(b'u') => (16, 4, char::MAX as u32),
            Some(b'U') => (16, 8, char::MAX as u32),
            None => return self.error(start, "escape sequence not terminated"),
            Some(_) => return self.error(start, "unknown escape sequence"),
        };
        if base == 16 {
            self.move_to(start + 1);
        }
        let mut value: u32 = 0;
        for _ in 0..digits {
            let Some((c, width)) = reading::character(self.source, self.at) else {
                return self.error(start, "escape sequence not terminated");
            };
            let c = c.unwrap_or(char::REPLACEMENT_CHARACTER);
            let Some(digit) = c.to_digit(base) else {
                let shown = reading::code_point(c);
                return self.error(start, format!("illegal character {shown} in escape sequence"));
            };
            value = value.wrapping_mul(base).wrapping_add(digit);
            self.move_to(self.at + width);
        }
        if value > largest || (0xd800..0xe000).contains(&value) {
            self.error(start, "escape sequence is invalid Unicode code point");
        }
    }
}

#[derive(Default)]
struct Number {
    is_float: bool,
    lacks_exponent: bool,
}

fn number(input: &[u8]) -> IResult<&[u8], Number, ()> {
    let exponent = (one_of("eE"), opt(alt((char('+'), char('-')))), digit0);
    let (rest, (_, point, exponent)) =
        (digit0, opt((char('.'), digit0)), opt(exponent)).parse(input)?;
    let digits = exponent.map(|(_, _, digits): (_, _, &[u8])| digits);
    let number = Number {
        is_float: point.is_some() || digits.is_some(),
        lacks_exponent: digits.is_some_and(<[u8]>::is_empty),
    };
    Ok((rest, number))
}
