//! Operands: unary operators, primary expressions, and what may stand behind them.

use super::{Frame, Parser, Step, SyntaxError};
use crate::ast::{ExprId, ExprNode, LiteralKind};
use crate::span::Span;
use crate::token::TokenKind;

impl Parser<'_> {
    /// Reads a unary operator, or a primary expression as far as it is one token.
    ///
    /// ```ebnf
    /// UnaryExpr    = OperExpr | unary_op UnaryExpr .
    /// PrimaryExpr  = LiteralValue | ArrayExpr | ObjectExpr .
    /// LiteralValue = identifier | string | number | float | bool | null
    ///              | "(" Expression ")" .
    /// ```
    pub(super) fn operand(&mut self) -> Step {
        let token = self.cursor.token;
        let (open, at) = (token.span.start, token.span);
        let literal = match token.kind {
            TokenKind::Ident => {
                self.cursor.next();
                return Step::Behind(self.add_expr(ExprNode::Ident { at }));
            }
            TokenKind::String => LiteralKind::String,
            TokenKind::Number => LiteralKind::Number,
            TokenKind::Float => LiteralKind::Float,
            TokenKind::Bool => LiteralKind::Bool,
            TokenKind::Null => LiteralKind::Null,
            op @ (TokenKind::Not | TokenKind::Sub) => {
                self.cursor.next();
                self.frames.push(Frame::Unary { op, at: open });
                return Step::Operand;
            }
            TokenKind::LeftParen => {
                self.cursor.next();
                self.frames.push(Frame::Paren { open });
                return Step::Operand;
            }
            TokenKind::LeftBracket => return self.array(),
            TokenKind::LeftBrace => return self.object(),
            other => return self.missing_operand(other),
        };
        self.cursor.next();
        Step::Behind(self.add_expr(ExprNode::Literal { kind: literal, at }))
    }

    /// Skips to where the expression may end; a null stands in for it.
    fn missing_operand(&mut self, got: TokenKind) -> Step {
        self.cursor.error(format!("expected expression, got {}", got.name()));
        let at = self.cursor.empty_span();
        self.cursor.skip_to(|kind| {
            matches!(
                kind,
                TokenKind::Terminator
                    | TokenKind::RightParen
                    | TokenKind::RightBrace
                    | TokenKind::RightBracket
                    | TokenKind::Comma
            )
        });
        Step::Behind(self.add_expr(ExprNode::Literal { kind: LiteralKind::Null, at }))
    }

    /// Reads what stands behind a primary expression.
    ///
    /// ```ebnf
    /// OperExpr   = PrimaryExpr { AccessExpr | IndexExpr | CallExpr } .
    /// AccessExpr = "." identifier .
    /// IndexExpr  = "[" Expression "]" .
    /// CallExpr   = "(" [ ExpressionList ] ")" .
    /// ```
    pub(super) fn behind(&mut self, mut target: ExprId) -> Step {
        loop {
            let open = self.cursor.start();
            match self.cursor.kind() {
                TokenKind::Dot => {
                    self.cursor.next();
                    let name = self.cursor.expect(TokenKind::Ident).span;
                    target = self.add_expr(ExprNode::Access { target, name });
                }
                TokenKind::LeftBracket => {
                    self.cursor.next();
                    self.frames.push(Frame::Index { target, open });
                    return Step::Operand;
                }
                TokenKind::LeftParen => return self.call(target),
                TokenKind::String | TokenKind::LeftBrace => return self.stray_block(target),
                _ => return Step::Operator(target),
            }
        }
    }

    /// Begins a block that stands where an expression should: it is read as one, so that what is
    /// wrong can be said in one sentence.
    fn stray_block(&mut self, operand: ExprId) -> Step {
        if self.cursor.kind() == TokenKind::String {
            self.cursor.next();
        }
        if self.cursor.expect(TokenKind::LeftBrace).kind != TokenKind::LeftBrace {
            self.cursor.skip_statement();
            return Step::Operator(operand);
        }
        self.frames.push(Frame::StrayBlock { operand, first: self.children.len() as u32 });
        Step::Statement
    }

    pub(super) fn end_of_stray_block(&mut self, operand: ExprId) -> Step {
        let close = self.cursor.expect(TokenKind::RightBrace);
        if close.kind != TokenKind::RightBrace {
            self.cursor.skip_statement();
            return Step::Operator(operand);
        }
        let start = self.file.expr(operand).span().start;
        let message = "cannot use a block as an expression".to_owned();
        let span = Span::new(start, close.span.end);
        self.cursor.report(SyntaxError { message, span });
        Step::Behind(operand)
    }
}
