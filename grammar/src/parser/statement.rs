//! Statements: attributes and blocks.

use super::{Frame, Parser, Step, SyntaxError};
use crate::ast::{ExprId, List, StmtNode};
use crate::literal;
use crate::span::Span;
use crate::token::{Token, TokenKind};
use crate::unicode;

/// What stands before the `=` of an attribute or the `{` of a block.
struct Header {
    /// From the first to the last part of the name.
    name_at: Span,
    parts: u32,
    /// How long the name is with its parts joined by dots.
    joined_len: u32,
    /// With its quotes; [`Span::NONE`] without a label.
    label: Span,
    /// How long the label is, as Alloy takes it: without what it takes for quotes.
    label_len: u32,
}

impl Parser<'_> {
    /// Begins the next statement of a body, or ends the body.
    ///
    /// ```ebnf
    /// Body = [ Statement { terminator Statement } ] .
    /// ```
    pub(super) fn statement_or_end(&mut self) -> Step {
        if self.at_body_end() || self.cursor.kind() == TokenKind::Eof {
            return self.end_of_body();
        }
        self.statement()
    }

    pub(super) fn statement_end(&mut self) -> Step {
        if self.at_body_end() {
            return self.end_of_body();
        }
        if self.cursor.kind() != TokenKind::Terminator {
            let got = self.cursor.kind().name();
            self.cursor.error(format!("expected TERMINATOR, got {got}"));
            self.cursor.skip_statement();
        }
        self.cursor.next();
        Step::Statement
    }

    fn at_body_end(&self) -> bool {
        let end = if self.frames.is_empty() { TokenKind::Eof } else { TokenKind::RightBrace };
        self.cursor.kind() == end
    }

    fn end_of_body(&mut self) -> Step {
        match self.frames.pop() {
            Some(Frame::Block { stmt, first }) => {
                let statements = self.take_children(first);
                if let StmtNode::Block { body, open, close, .. } =
                    &mut self.file.stmts[stmt as usize]
                {
                    *body = statements;
                    *close = self.cursor.close(TokenKind::RightBrace, *open);
                }
                self.children.push(stmt);
                Step::StatementEnd
            }
            Some(Frame::StrayBlock { operand, first }) => {
                self.children.truncate(first as usize);
                self.end_of_stray_block(operand)
            }
            _ => Step::Done,
        }
    }

    /// Begins an attribute or a block.
    ///
    /// ```ebnf
    /// Statement = Attribute | Block .
    /// Attribute = identifier "=" Expression .
    /// Block     = BlockName "{" Body "}" .
    /// ```
    fn statement(&mut self) -> Step {
        let Some(header) = self.block_name() else {
            self.cursor.skip_to(|kind| kind == TokenKind::Ident);
            return Step::StatementEnd;
        };
        match self.cursor.kind() {
            TokenKind::Assign => self.attribute(&header),
            TokenKind::LeftBrace => self.block(&header),
            other => {
                let got = other.name();
                if header.parts == 1 && header.label_len == 0 {
                    let wanted = "expected attribute assignment or block body";
                    self.cursor.error(format!("{wanted}, got {got}"));
                } else {
                    self.cursor.error(format!("expected block body, got {got}"));
                }
                self.cursor.skip_to(|kind| kind == TokenKind::Ident);
                Step::StatementEnd
            }
        }
    }

    fn attribute(&mut self, header: &Header) -> Step {
        self.cursor.next();
        if header.parts != 1 {
            let start = header.name_at.start;
            let message =
                r#"attribute names may only consist of a single identifier with no ".""#.to_owned();
            let span = Span::new(start, start + header.joined_len);
            self.cursor.report(SyntaxError { message, span });
        } else if !header.label.is_none() {
            let start = header.label.start;
            let message = "attribute names may not have labels".to_owned();
            let span = Span::new(start, start + header.label_len + 2);
            self.cursor.report(SyntaxError { message, span });
        }
        let stmt = self.file.stmts.len() as u32;
        self.file.stmts.push(StmtNode::Attr { name: header.name_at, value: ExprId(0) });
        self.frames.push(Frame::Attr { stmt });
        Step::Operand
    }

    fn block(&mut self, header: &Header) -> Step {
        let open = self.cursor.expect(TokenKind::LeftBrace).span.start;
        let name = if header.joined_len == header.name_at.len() {
            header.name_at
        } else {
            self.joined_name(header.name_at)
        };
        let stmt = self.file.stmts.len() as u32;
        self.file.stmts.push(StmtNode::Block {
            name,
            name_at: header.name_at,
            label: header.label,
            body: List::default(),
            open,
            close: open,
        });
        self.frames.push(Frame::Block { stmt, first: self.children.len() as u32 });
        Step::Statement
    }

    /// Puts the text of a name whose parts do not stand together behind the source.
    fn joined_name(&mut self, name_at: Span) -> Span {
        let start = self.file.text.len() as u32;
        let spread = self.file.text[name_at.range()].to_owned();
        let parts = crate::lexer::lex(spread.as_bytes()).tokens.into_iter();
        for part in parts.filter(|token| matches!(token.kind, TokenKind::Ident | TokenKind::Dot)) {
            self.file.text.push_str(&spread[part.span.range()]);
        }
        Span::new(start, self.file.text.len() as u32)
    }

    /// Reads what stands before `=` or `{`; nothing if that does not begin with a name.
    ///
    /// ```ebnf
    /// BlockName = identifier { "." identifier } [ string ] .
    /// ```
    fn block_name(&mut self) -> Option<Header> {
        let first = self.cursor.token;
        if first.kind != TokenKind::Ident {
            let got = first.kind.name();
            self.cursor.error(format!("expected identifier, got {got}"));
            return None;
        }
        let mut header = Header {
            name_at: first.span,
            parts: 1,
            joined_len: first.span.len(),
            label: Span::NONE,
            label_len: 0,
        };
        self.cursor.next();
        while self.cursor.kind() == TokenKind::Dot {
            self.cursor.next();
            let part = self.cursor.token;
            if part.kind != TokenKind::Ident {
                let got = part.kind.name();
                self.cursor.error(format!("expected identifier, got {got}"));
            }
            header.parts += 1;
            header.joined_len += 1 + self.text_len(part);
            header.name_at.end = part.span.end;
            self.cursor.next();
        }
        if !matches!(self.cursor.kind(), TokenKind::Assign | TokenKind::LeftBrace) {
            self.label(&mut header);
        }
        Some(header)
    }

    fn label(&mut self, header: &mut Header) {
        let label = self.cursor.token;
        if label.kind == TokenKind::String {
            let text = &self.cursor.source[label.span.range()];
            if text[0] != b'"' {
                let shown = literal::quote_bytes(text);
                self.cursor.error(format!(
                    "expected block label to be a double quoted string, but got {shown}"
                ));
            }
            if text.len() > 2 {
                let inner = &text[1..text.len() - 1];
                header.label_len = inner.len() as u32;
                if !std::str::from_utf8(inner).is_ok_and(unicode::is_identifier) {
                    let shown = literal::quote_bytes(inner);
                    self.cursor.error(format!(
                        "expected block label to be a valid identifier, but got {shown}"
                    ));
                }
            }
            header.label = label.span;
        } else {
            let got = label.kind.name();
            self.cursor.error(format!("expected block label, got {got}"));
        }
        self.cursor.next();
    }

    /// How long a token's text is, as Alloy counts it where it stands for a part of a name.
    fn text_len(&self, token: Token) -> u32 {
        match token.kind {
            TokenKind::Terminator => 1,
            // A byte that is not UTF-8 counts as the replacement character.
            TokenKind::Illegal => {
                let text = &self.cursor.source[token.span.range()];
                let bad = std::str::from_utf8(text).is_err() && text.len() == 1;
                if bad { char::REPLACEMENT_CHARACTER.len_utf8() as u32 } else { token.span.len() }
            }
            kind if kind.ends_statement() && !kind.is_closing() => token.span.len(),
            _ => 0,
        }
    }
}
