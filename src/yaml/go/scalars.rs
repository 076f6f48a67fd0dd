//! Scalars: plain, in quotes, and as blocks.

use super::scanner::{Mark, Scanner, Token, TokenKind};
use super::{Fault, Style};

type Scanned<T = ()> = Result<T, Fault>;

/// White space inside a scalar, until it is known what follows.
#[derive(Default)]
struct Gap {
    blanks: String,
    /// The first line break, which may become a blank.
    first_break: Option<&'static str>,
    more_breaks: String,
}

impl Gap {
    /// What the gap is where the scalar goes on.
    fn fold_into(&mut self, text: &mut String) {
        match self.first_break.take() {
            None => text.push_str(&self.blanks),
            Some("\n") if self.more_breaks.is_empty() => text.push(' '),
            Some("\n") => text.push_str(&self.more_breaks),
            Some(first) => {
                text.push_str(first);
                text.push_str(&self.more_breaks);
            }
        }
        self.blanks.clear();
        self.more_breaks.clear();
    }
}

impl Scanner<'_> {
    /// Reads the blanks and line breaks that stand here.
    fn gap(&mut self, gap: &mut Gap, tab_fault: impl Fn(&Self) -> Option<Fault>) -> Scanned {
        loop {
            if self.is_blank(0) {
                if gap.first_break.is_none() {
                    let blank = self.skip().to_owned();
                    gap.blanks.push_str(&blank);
                    continue;
                }
                if let Some(fault) = tab_fault(self) {
                    return Err(fault);
                }
                self.skip();
            } else if self.break_width(0) > 0 {
                let found = self.skip_break();
                match gap.first_break {
                    None => gap.first_break = Some(found),
                    Some(_) => gap.more_breaks.push_str(found),
                }
            } else {
                return Ok(());
            }
        }
    }

    pub(super) fn plain(&mut self) -> Scanned<Token> {
        let (start, indent) = (self.mark, self.indent + 1);
        let (mut text, mut gap, mut end) = (String::new(), Gap::default(), self.mark);
        while !self.is_document_mark() && self.at(0) != b'#' {
            while !self.is_blank_or_end(0) && !self.ends_plain() {
                gap.fold_into(&mut text);
                text.push_str(self.skip());
                end = self.mark;
            }
            if !self.is_blank(0) && self.break_width(0) == 0 {
                break;
            }
            self.gap(&mut gap, |scanner| {
                let is_wrong = scanner.at(0) == b'\t' && scanner.mark.column < indent;
                let message = "found a tab character that violates indentation";
                is_wrong.then(|| scanner.fault(message))
            })?;
            if !self.in_flow() && self.mark.column < indent {
                break;
            }
        }
        if gap.first_break.is_some() {
            self.is_key_allowed = true;
        }
        let mut token = self.scalar(text, Style::Plain, start);
        token.span.end = end.byte as u32;
        Ok(token)
    }

    fn ends_plain(&self) -> bool {
        match self.at(0) {
            b':' => self.is_blank_or_end(1),
            b',' | b'?' | b'[' | b']' | b'{' | b'}' => self.in_flow(),
            _ => false,
        }
    }

    pub(super) fn quoted(&mut self, is_single: bool) -> Scanned<Token> {
        let start = self.mark;
        let quote = if is_single { b'\'' } else { b'"' };
        self.skip();
        let mut text = String::new();
        loop {
            if self.is_document_mark() {
                return Err(self.fault("found unexpected document indicator"));
            }
            if self.at(0) == 0 {
                return Err(Fault::new("found unexpected end of stream", self.from(start)));
            }
            let mut gap = Gap::default();
            while !self.is_blank_or_end(0) {
                match self.at(0) {
                    b'\'' if is_single && self.at(1) == b'\'' => {
                        text.push('\'');
                        self.skip();
                        self.skip();
                    }
                    byte if byte == quote => break,
                    b'\\' if !is_single && self.break_width(1) > 0 => {
                        self.skip();
                        self.skip_break();
                        gap.first_break = Some("");
                        break;
                    }
                    b'\\' if !is_single => text.push(self.escape()?),
                    _ => text.push_str(self.skip()),
                }
            }
            if self.at(0) == quote {
                // A break that an escape took away stays away.
                break;
            }
            self.gap(&mut gap, |_| None)?;
            gap.fold_into(&mut text);
        }
        self.skip();
        Ok(self.scalar(text, Style::Quoted, start))
    }

    /// An escape of a quoted scalar: `\n`, `\x41`, `\u263a`.
    fn escape(&mut self) -> Scanned<char> {
        let (digits, character) = match self.at(1) {
            b'0' => (0, '\0'),
            b'a' => (0, '\u{7}'),
            b'b' => (0, '\u{8}'),
            b't' | b'\t' => (0, '\t'),
            b'n' => (0, '\n'),
            b'v' => (0, '\u{b}'),
            b'f' => (0, '\u{c}'),
            b'r' => (0, '\r'),
            b'e' => (0, '\u{1b}'),
            byte @ (b' ' | b'"' | b'\'' | b'\\') => (0, char::from(byte)),
            b'N' => (0, '\u{85}'),
            b'_' => (0, '\u{a0}'),
            b'L' => (0, '\u{2028}'),
            b'P' => (0, '\u{2029}'),
            b'x' => (2, '\0'),
            b'u' => (4, '\0'),
            b'U' => (8, '\0'),
            _ => return Err(self.fault("found unknown escape character")),
        };
        self.skip();
        self.skip();
        if digits == 0 {
            return Ok(character);
        }
        let mut value: u32 = 0;
        for ahead in 0..digits {
            let Some(digit) = char::from(self.at(ahead)).to_digit(16) else {
                return Err(self.fault("did not find expected hexdecimal number"));
            };
            value = value.wrapping_shl(4) + digit;
        }
        let Some(character) = char::from_u32(value) else {
            return Err(self.fault("found invalid Unicode character escape code"));
        };
        self.skip_many(digits);
        Ok(character)
    }

    pub(super) fn block_scalar(&mut self, is_literal: bool) -> Scanned<Token> {
        let start = self.mark;
        self.skip();
        let (keep, increment) = self.block_header()?;
        let mut indent = match increment {
            0 => 0,
            increment => self.indent.max(0) + increment,
        };
        let (mut text, mut first_break, mut more_breaks) = (String::new(), "", String::new());
        let mut end = self.block_breaks(&mut indent, &mut more_breaks)?;
        let mut was_blank = false;
        while self.mark.column == indent && self.at(0) != 0 {
            let is_blank = self.is_blank(0);
            let folds = !is_literal && !was_blank && !is_blank && first_break == "\n";
            match folds {
                true if more_breaks.is_empty() => text.push(' '),
                true => {}
                false => text.push_str(first_break),
            }
            text.push_str(&more_breaks);
            more_breaks.clear();
            was_blank = is_blank;
            while !self.is_break_or_end(0) {
                text.push_str(self.skip());
            }
            end = self.mark;
            first_break = if self.at(0) == 0 { "" } else { self.skip_break() };
            self.block_breaks(&mut indent, &mut more_breaks)?;
        }
        if keep >= 0 {
            text.push_str(first_break);
        }
        if keep > 0 {
            text.push_str(&more_breaks);
        }
        let style = if is_literal { Style::Literal } else { Style::Folded };
        let mut token = self.scalar(text, style, start);
        token.span.end = end.byte.max(start.byte + 1) as u32;
        Ok(token)
    }

    /// The indicators behind `|` and `>`: whether line breaks at the end are kept, and the
    /// indentation, 0 for none. Then the rest of the line.
    fn block_header(&mut self) -> Scanned<(i32, i32)> {
        let (mut keep, mut increment) = (0, 0);
        let (mut may_chomp, mut may_indent) = (true, true);
        loop {
            match self.at(0) {
                sign @ (b'+' | b'-') if may_chomp => {
                    keep = if sign == b'+' { 1 } else { -1 };
                    may_chomp = false;
                }
                b'0' if may_indent => {
                    return Err(self.fault("found an indentation indicator equal to 0"));
                }
                digit @ b'1'..=b'9' if may_indent => {
                    increment = i32::from(digit - b'0');
                    may_indent = false;
                }
                _ => break,
            }
            self.skip();
        }
        self.rest_of_line()?;
        Ok((keep, increment))
    }

    /// Blanks and a comment up to the end of the line, and its break.
    pub(super) fn rest_of_line(&mut self) -> Scanned {
        while self.is_blank(0) {
            self.skip();
        }
        if self.at(0) == b'#' {
            self.skip_line_content();
        }
        if !self.is_break_or_end(0) {
            return Err(self.fault("did not find expected comment or line break"));
        }
        if self.break_width(0) > 0 {
            self.skip_break();
        }
        Ok(())
    }

    /// Indentation and empty lines of a block scalar; finds out the indentation where it is not
    /// known, which 0 says.
    fn block_breaks(&mut self, indent: &mut i32, breaks: &mut String) -> Scanned<Mark> {
        let (mut end, mut deepest) = (self.mark, 0);
        loop {
            while (*indent == 0 || self.mark.column < *indent) && self.at(0) == b' ' {
                self.skip();
            }
            deepest = deepest.max(self.mark.column);
            if (*indent == 0 || self.mark.column < *indent) && self.at(0) == b'\t' {
                let message = "found a tab character where an indentation space is expected";
                return Err(self.fault(message));
            }
            if self.break_width(0) == 0 {
                break;
            }
            breaks.push_str(self.skip_break());
            end = self.mark;
        }
        if *indent == 0 {
            *indent = deepest.max(self.indent + 1).max(1);
        }
        Ok(end)
    }

    fn scalar(&self, text: String, style: Style, start: Mark) -> Token {
        Token { kind: TokenKind::Scalar { text, style }, span: self.from(start) }
    }
}
